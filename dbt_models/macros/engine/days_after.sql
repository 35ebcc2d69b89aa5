{# The timestamp a number of days (of 24 hours) after another; the number may be an expression. #}
{% macro days_after(moment, days) %}{{ return(adapter.dispatch('days_after')(moment, days)) }}{% endmacro %}
{% macro default__days_after(moment, days) %}({{ moment }} + to_days(cast({{ days }} as integer))){% endmacro %}
{% macro spark__days_after(moment, days) %}({{ moment }} + make_dt_interval(cast({{ days }} as int))){% endmacro %}
