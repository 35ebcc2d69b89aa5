{# The text at a top-level name of a JSON object, the name being an expression; an empty text counts as absent. #}
{% macro json_named(column, name) %}{{ return(adapter.dispatch('json_named')(column, name)) }}{% endmacro %}
{% macro default__json_named(column, name) -%}
    {# A JSON pointer takes any name; in a JSONPath, quotes and asterisks would mean something. #}
    nullif(nullif(trim(json_extract_string(
        {{ column }}, '/' || replace(replace({{ name }}, '~', '~0'), '/', '~1')
    )), ''), 'null')
{%- endmacro %}
{% macro spark__json_named(column, name) -%}
    nullif(nullif(trim(from_json({{ column }}, 'map<string, string>')[{{ name }}]), ''), 'null')
{%- endmacro %}
