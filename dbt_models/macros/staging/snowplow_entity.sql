{# The entities of one kind that Snowplow attached to an event, as a JSON list, of a relation with `entities` (iglu_entities): from
   the loaders' own columns, where an empty list says nothing, else from the event as it was sent. #}
{% macro snowplow_entity(vendor, name, versions) -%}
{% set column = 'contexts_' ~ vendor | replace('.', '_') ~ '_' ~ name ~ '_' -%}
coalesce(
    {%- for version in versions %}
            nullif({{ column }}{{ version }}, '[]'),
    {%- endfor %}
            {{ iglu_data('entities', vendor ~ '/' ~ name) }}
        )
{%- endmacro %}
