{# The timestamp a number of hours before another; the number may be an expression. #}
{% macro hours_before(moment, hours) %}{{ return(adapter.dispatch('hours_before')(moment, hours)) }}{% endmacro %}
{% macro default__hours_before(moment, hours) %}({{ moment }} - to_hours(cast({{ hours }} as integer))){% endmacro %}
{% macro spark__hours_before(moment, hours) %}({{ moment }} - make_dt_interval(0, cast({{ hours }} as int))){% endmacro %}
