{# One parameter, as text, out of what ga4_params() gave; an empty text counts as absent. #}
{% macro ga4_param(params, key) %}
    {%- set found = adapter.dispatch('ga4_param_value')(params, key) | trim -%}
    nullif({{ ga4_value(found) }}, '')
{%- endmacro %}

{% macro default__ga4_param_value(params, key) -%}
    list_filter({{ params }}, lambda param: param.key = '{{ key }}')[1]
{%- endmacro %}

{% macro spark__ga4_param_value(params, key) -%}
    get(filter({{ params }}, param -> param.key = '{{ key }}'), 0)
{%- endmacro %}
