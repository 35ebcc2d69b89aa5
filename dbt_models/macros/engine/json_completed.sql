{# A JSON object with further pairs of name and expression, those that it lacks and that are not NULL. #}
{% macro json_completed(column, pairs) %}{{ return(adapter.dispatch('json_completed')(column, pairs)) }}{% endmacro %}

{% macro default__json_completed(column, pairs) -%}
    {# A merge drops what its second object says is NULL: so each drops its own NULLs before the two meet. #}
    cast(json_merge_patch(
        json_merge_patch('{}', json_object(
            {%- for name, value in pairs.items() -%}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{%- endfor -%}
        )),
        json_merge_patch('{}', coalesce({{ column }}, '{}'))
    ) as varchar)
{%- endmacro %}

{# A merge puts first what is new. #}
{% macro spark__json_completed(column, pairs) -%}
    {%- set known = "map_filter(coalesce(" ~ spark_json_members(column) ~ ", map()), (n, v) -> v <> 'null')" -%}
    {%- set new = [] -%}
    {%- for name, value in pairs.items() -%}
        {%- do new.append("'" ~ name ~ "', case when " ~ value ~ " is not null then " ~ spark_json_value(value) ~ " end") -%}
    {%- endfor -%}
    {{ spark_json_of_members(
        "map_concat(map_filter(map(" ~ new | join(', ') ~ "), (n, v) -> v is not null and not map_contains_key(" ~ known ~ ", n)), " ~ known ~ ")"
    ) }}
{%- endmacro %}
