{# Snowplow's list of self-describing JSON (`{schema, data: [{schema, data}, …]}`) parsed once; iglu_data() reads from it. #}
{% macro iglu_entities(column) %}
    {{- return(adapter.dispatch('iglu_entities')(column)) -}}
{% endmacro %}

{% macro default__iglu_entities(column) -%}
    from_json({{ column }}, '{"data": [{"schema": "VARCHAR", "data": "JSON"}]}').data
{%- endmacro %}

{% macro spark__iglu_entities(column) -%}
    from_json({{ column }}, 'struct<data: array<struct<schema: string, data: string>>>').data
{%- endmacro %}
