{# Generic test: per value of `by` (columns), the sums of `columns` are those of another relation, to the last digit. Either side may be
   narrowed by a condition; columns of the other that are called otherwise are told as {own name: expression}. #}
{% test adds_up_to(model, to, columns, by=[], only='true', to_only='true', as_told={}) %}
{%- set keys = by or ['whole'] -%}
with own as (
    select {% for key in keys %}{{ key if by else "'all'" }} as {{ key }}, {% endfor %}
        {% for name in columns %}coalesce(sum({{ name }}), 0) as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ model }}
    where {{ only }}
    group by {{ range(1, keys | length + 1) | join(', ') }}
),

other as (
    select {% for key in keys %}{{ as_told.get(key, key) if by else "'all'" }} as {{ key }}, {% endfor %}
        {% for name in columns %}coalesce(sum({{ as_told.get(name, name) }}), 0) as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ to }}
    where {{ to_only }}
    group by {{ range(1, keys | length + 1) | join(', ') }}
)

select {% for key in keys %}coalesce(own.{{ key }}, other.{{ key }}) as {{ key }}, {% endfor %}
    {% for name in columns %}own.{{ name }}, other.{{ name }} as other_{{ name }}{{ ', ' if not loop.last }}{% endfor %}
from own
full outer join other on {% for key in keys %}own.{{ key }} = other.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
where {% for name in columns %}coalesce(own.{{ name }}, 0) <> coalesce(other.{{ name }}, 0){{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
