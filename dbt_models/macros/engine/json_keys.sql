{# The rest of a FROM clause that gives a row per top-level name of a JSON object: `<alias>.name`. #}
{% macro json_keys(column, alias) %}{{ return(adapter.dispatch('json_keys')(column, alias)) }}{% endmacro %}
{% macro default__json_keys(column, alias) -%}
    cross join unnest(json_keys({{ column }})) as {{ alias }}(name)
{%- endmacro %}
{% macro spark__json_keys(column, alias) -%}
    lateral view explode(json_object_keys({{ column }})) {{ alias }} as name
{%- endmacro %}
