{# The date a number of years after another. #}
{% macro years_after(date, years) %}{{ return(adapter.dispatch('years_after')(date, years)) }}{% endmacro %}
{% macro default__years_after(date, years) %}cast({{ date }} + to_years({{ years }}) as date){% endmacro %}
{% macro spark__years_after(date, years) %}add_months({{ date }}, 12 * ({{ years }})){% endmacro %}
