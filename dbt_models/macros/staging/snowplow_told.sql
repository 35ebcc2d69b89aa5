{# What a self-describing event of Snowplow's own tells, as JSON, of a relation with `in_unstruct`: from the loaders' own columns, else
   from the event as it was sent. #}
{% macro snowplow_told(names) -%}
coalesce(
    {%- for name in names %}
            unstruct_event_com_snowplowanalytics_snowplow_{{ name }}_1,
    {%- endfor %}
            {{ json_picked('in_unstruct', snowplow_unstruct_paths())['data.data'] }}
        )
{%- endmacro %}

{# What json_pick() takes out of unstruct_event as `in_unstruct`: the schema of the event, and what it tells. #}
{% macro snowplow_unstruct_paths() %}
    {{ return(['$.data.schema', '$.data.data']) }}
{% endmacro %}
