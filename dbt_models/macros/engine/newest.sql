{# Aggregate: the value of the row with the latest `at`; of several, the greatest value, so that the answer is one and the same. #}
{% macro newest(value, at) %}{{ return(adapter.dispatch('newest')(value, at)) }}{% endmacro %}
{% macro default__newest(value, at) %}max_by({{ value }}, struct_pack(a := {{ at }}, b := {{ value }})){% endmacro %}
{% macro spark__newest(value, at) %}max_by({{ value }}, case when {{ value }} is not null then struct({{ at }}, {{ value }}) end){% endmacro %}
