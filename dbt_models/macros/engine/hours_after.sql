{# The timestamp a number of hours after another; the number may be an expression. #}
{% macro hours_after(moment, hours) %}{{ return(adapter.dispatch('hours_after')(moment, hours)) }}{% endmacro %}
{% macro default__hours_after(moment, hours) %}({{ moment }} + to_hours(cast({{ hours }} as integer))){% endmacro %}
{% macro spark__hours_after(moment, hours) %}({{ moment }} + make_dt_interval(0, cast({{ hours }} as int))){% endmacro %}
