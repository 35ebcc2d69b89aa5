{# The date a number of days after another; the number may be an expression, and below zero. #}
{% macro date_after(date, days) %}{{ return(adapter.dispatch('date_after')(date, days)) }}{% endmacro %}
{% macro default__date_after(date, days) %}({{ date }} + cast({{ days }} as integer)){% endmacro %}
{% macro spark__date_after(date, days) %}date_add({{ date }}, cast({{ days }} as int)){% endmacro %}
