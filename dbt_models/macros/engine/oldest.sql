{# Aggregate: the value of the row with the earliest `at`; of several, the smallest value, so that the answer is one and the same. #}
{% macro oldest(value, at) %}{{ return(adapter.dispatch('oldest')(value, at)) }}{% endmacro %}
{% macro default__oldest(value, at) %}min_by({{ value }}, struct_pack(a := {{ at }}, b := {{ value }})){% endmacro %}
{% macro spark__oldest(value, at) %}min_by({{ value }}, case when {{ value }} is not null then struct({{ at }}, {{ value }}) end){% endmacro %}
