{# The five campaign parameters of a URL, without their `utm_`. #}
{% macro utm_keys() %}
    {{ return(['source', 'medium', 'campaign', 'term', 'content']) }}
{% endmacro %}
