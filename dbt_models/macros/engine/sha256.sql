{# SHA-256 of a text, lower-case hex. #}
{% macro sha256(expression) %}{{ return(adapter.dispatch('sha256')(expression)) }}{% endmacro %}
{% macro default__sha256(expression) %}sha256({{ expression }}){% endmacro %}
{% macro spark__sha256(expression) %}sha2({{ expression }}, 256){% endmacro %}
