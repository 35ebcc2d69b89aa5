{# The timestamp a number of days before another; the number may be an expression. #}
{% macro days_before(moment, days) %}{{ return(adapter.dispatch('days_before')(moment, days)) }}{% endmacro %}
{% macro default__days_before(moment, days) %}({{ moment }} - to_days(cast({{ days }} as integer))){% endmacro %}
{% macro spark__days_before(moment, days) %}({{ moment }} - make_dt_interval(cast({{ days }} as int))){% endmacro %}
