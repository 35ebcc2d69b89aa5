{#
    What the rows of a table tell that people did: SELECT of identifier_type, identifier, action, done_at, amount.

    types: columns that name whoever did it, each called as its kind of identifier; a row goes by the first that it fills in.
    at, action, condition, amount: expressions over the table.
#}
{% macro done_in(model, types, at, action, condition='true', amount='null') -%}
{% for type in types %}
select
    '{{ type }}' as identifier_type,
    {{ account_id(type, 'source') if type in ('lead_id', 'customer_id') else type }} as identifier,
    {{ action }} as action,
    {{ at }} as done_at,
    cast({{ amount }} as decimal(18, 4)) as amount
from {{ ref(model) }}
where {{ type }} is not null and {{ at }} is not null and {{ condition }}{% if not loop.first %} and {{ types[0] }} is null{% endif %}
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}
