{# Rows of a table that are not told by one of the company's own people. `keys`: type of identifier → expression of `told` that names who
   tells. Needs the relation `internal`: identifier_type, identifier. #}
{% macro by_outsiders(model, keys) -%}
(
    select told.*
    from {{ model }} as told
    {% for type, expression in keys.items() -%}
    left join internal as internal_{{ loop.index }}
        on internal_{{ loop.index }}.identifier_type = '{{ type }}' and internal_{{ loop.index }}.identifier = {{ expression }}
    {% endfor -%}
    where {% for _ in keys %}internal_{{ loop.index }}.identifier is null{{ ' and ' if not loop.last }}{% endfor %}
)
{%- endmacro %}
