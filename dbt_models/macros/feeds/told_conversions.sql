{# One row per conversion that earlier runs told a platform of: what was said last, and how often there was something to say. #}
{% macro told_conversions(destinations) %}
{%- set cells = ['conversion_key', 'order_id', 'conversion_name', 'occurred_at', 'click_id_type', 'value', 'currency', 'adjustment_type', 'times'] -%}
{%- set paths = [] -%}
{%- for cell in cells %}{% do paths.append('$.' ~ cell) %}{% endfor -%}
{%- set said = json_picked('in_journal', paths) -%}
select
    {{ said.conversion_key }} as conversion_key,
    {{ said.order_id }} as order_id,
    {{ said.conversion_name }} as conversion_name,
    cast({{ said.occurred_at }} as timestamp) as occurred_at,
    {{ said.click_id_type }} as click_id_type,
    cast({{ said.value }} as decimal(18, 4)) as value,
    {{ said.currency }} as currency,
    {{ said.adjustment_type }} as adjustment_type,
    cast({{ said.times }} as bigint) as times,
    max(case when profile_id like 'erased-%' then 1 else 0 end) over (partition by {{ said.conversion_key }}) = 1 as is_erased
from (
    select profile_id, {{ json_pick('journal', paths) }} as in_journal
    from {{ source('control', 'sent_records') }}
    where destination in ('{{ destinations | join("', '") }}') and journal is not null
) as records
qualify row_number() over (partition by {{ said.conversion_key }} order by cast({{ said.times }} as bigint) desc) = 1
{% endmacro %}

{# What is kept of a told conversion for the runs to come, as JSON; nobody can be told by it. #}
{% macro conversion_journal(key, row, adjustment_type='cast(null as string)', times='0') -%}
{{ json_object({
    'conversion_key': key, 'order_id': row ~ '.order_id', 'conversion_name': row ~ '.conversion_name',
    'occurred_at': 'cast(' ~ row ~ '.occurred_at as string)', 'click_id_type': row ~ '.click_id_type',
    'value': 'cast(' ~ row ~ '.value as string)', 'currency': row ~ '.currency', 'adjustment_type': adjustment_type, 'times': times,
}) }}
{%- endmacro %}
