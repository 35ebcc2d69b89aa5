{# A JSON object without some of its keys and without those that start with a prefix; NULL if none is left. #}
{% macro json_without(column, keys, prefix) %}{{ return(adapter.dispatch('json_without')(column, keys, prefix)) }}{% endmacro %}

{# A merge drops the keys that its second object says are NULL. #}
{% macro default__json_without(column, keys, prefix) -%}
    nullif(cast(json_merge_patch({{ column }}, '{' || array_to_string(list_transform(
        list_filter(json_keys({{ column }}), lambda name: name in ('{{ keys | join("', '") }}') or starts_with(name, '{{ prefix }}')),
        lambda name: cast(to_json(name) as varchar) || ':null'
    ), ',') || '}') as varchar), '{}')
{%- endmacro %}

{% macro spark__json_without(column, keys, prefix) -%}
    nullif({{ spark_json_of_members("map_filter(
        " ~ spark_json_members(column) ~ ",
        (name, value) -> name not in ('" ~ keys | join("', '") ~ "') and not startswith(name, '" ~ prefix ~ "')
    )") }}, '{}')
{%- endmacro %}
