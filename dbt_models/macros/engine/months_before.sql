{# The date a number of months before another; the last day of the month where that has no such day. #}
{% macro months_before(date, months) %}{{ return(adapter.dispatch('months_before')(date, months)) }}{% endmacro %}
{% macro default__months_before(date, months) %}cast({{ date }} - to_months(cast({{ months }} as integer)) as date){% endmacro %}
{% macro spark__months_before(date, months) %}add_months({{ date }}, -cast({{ months }} as int)){% endmacro %}
