{# GA4's list of event parameters (`[{key, value: {string_value, int_value, …}}]`) parsed once; ga4_param() reads from it. #}
{% macro ga4_params(column) %}
    {{- return(adapter.dispatch('ga4_params')(column)) -}}
{% endmacro %}

{% macro default__ga4_params(column) -%}
    from_json({{ column }}, '[{"key": "VARCHAR", "value": {
        "string_value": "VARCHAR", "int_value": "VARCHAR", "float_value": "VARCHAR", "double_value": "VARCHAR"}}]')
{%- endmacro %}

{% macro spark__ga4_params(column) -%}
    from_json({{ column }}, 'array<struct<key: string, value: struct<
        string_value: string, int_value: string, float_value: string, double_value: string>>>')
{%- endmacro %}
