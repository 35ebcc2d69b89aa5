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

{% macro spark__json_completed(column, pairs) -%}
    {% set known = "coalesce(from_json(" ~ column ~ ", 'map<string, string>'), map())" %}
    to_json(map_concat({{ known }}, map_filter(
        map({% for name, value in pairs.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %}),
        (name, value) -> value is not null and not map_contains_key({{ known }}, name)
    )))
{%- endmacro %}
