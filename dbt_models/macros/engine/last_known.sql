{# Window function: the last value within the frame that is not NULL. #}
{% macro last_known(value) %}{{ return(adapter.dispatch('last_known')(value)) }}{% endmacro %}
{% macro default__last_known(value) %}last_value({{ value }} ignore nulls){% endmacro %}
{% macro spark__last_known(value) %}last_value({{ value }}, true){% endmacro %}
