{# Several texts out of one JSON text, read once: a list with one item per path, in the paths' order.
   Paths are JSONPath (`$.page.url`, `$[0].price`, `$."$value"`); objects and lists come back as JSON text, what is absent as NULL. #}
{% macro json_pick(column, paths) %}
    {{- return(adapter.dispatch('json_pick')(column, paths)) -}}
{% endmacro %}

{% macro default__json_pick(column, paths) -%}
    json_extract_string({{ column }}, ['{{ paths | join("', '") }}'])
{%- endmacro %}

{# Spark quotes a name that is no plain word in another way: `$['$value']`. #}
{% macro spark__json_pick(column, paths) -%}
    array(
    {%- for path in paths -%}
        {%- set spelt = path[:1] ~ "[''" ~ path[3:-1] ~ "'']" if path.startswith('$."') else path -%}
        get_json_object({{ column }}, '{{ spelt }}'){{ ', ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}
