{# The rest of a FROM clause that gives a row per pair of a JSON object, whatever its names are: `<alias>.name`, `<alias>.value` (text). #}
{% macro json_pairs(column, alias) %}{{ return(adapter.dispatch('json_pairs')(column, alias)) }}{% endmacro %}

{% macro default__json_pairs(column, alias) -%}
    cross join (select unnest(map_entries(from_json({{ column }}, '"MAP(VARCHAR, VARCHAR)"')), recursive := true)) as {{ alias }}(name, value)
{%- endmacro %}

{% macro spark__json_pairs(column, alias) -%}
    lateral view explode(from_json({{ column }}, 'map<string, string>')) {{ alias }} as name, value
{%- endmacro %}
