{# The rest of a FROM clause that gives a row per object of a JSON list: `<alias>.record`, its JSON text for json_pick(), and
   `<alias>.place`, from 1. What is no JSON list gives no row. #}
{% macro json_unnest(column, alias) %}{{ return(adapter.dispatch('json_unnest')(column, alias)) }}{% endmacro %}

{% macro default__json_unnest(column, alias) -%}
    cross join unnest(case when json_valid({{ column }}) then json_extract({{ column }}, '$[*]') end)
        with ordinality as {{ alias }}(record, place)
{%- endmacro %}

{% macro spark__json_unnest(column, alias) -%}
    lateral view inline(transform(
        from_json({{ column }}, 'array<string>'), (record, place) -> struct(record as record, place + 1 as place)
    )) {{ alias }} as record, place
{%- endmacro %}
