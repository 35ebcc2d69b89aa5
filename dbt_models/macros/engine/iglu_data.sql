{# What entities of one schema (`vendor/name`, any version) tell, as a JSON list, out of what iglu_entities() gave; `[]` for none. #}
{% macro iglu_data(entities, schema) %}
    {{- return(adapter.dispatch('iglu_data')(entities, 'iglu:' ~ schema ~ '/')) -}}
{% endmacro %}

{% macro default__iglu_data(entities, schema) -%}
    cast(to_json(list_transform(list_filter({{ entities }}, lambda e: starts_with(e.schema, '{{ schema }}')), lambda e: e.data)) as varchar)
{%- endmacro %}

{% macro spark__iglu_data(entities, schema) -%}
    concat('[', array_join(transform(filter({{ entities }}, e -> startswith(e.schema, '{{ schema }}')), e -> e.data), ','), ']')
{%- endmacro %}
