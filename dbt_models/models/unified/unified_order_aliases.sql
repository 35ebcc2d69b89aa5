-- One row per other name of an order: what customers, analytics and mailing tools call it → the id it has in the system that made it.
-- A name that stands for two orders of that system (a shop that restarted its numbering), or is the id of another, says nothing.
{{ config(alias='order_aliases') }}

with told as (
    {{ unify('order_aliases', {'alias': 'string', 'order_id': 'string'}) }}
),

-- Of a name that two systems claim, the first in `order_precedence` has the say.
unambiguous as (
    select
        source,
        alias,
        min(order_id) as order_id
    from told
    group by source, alias
    having count(distinct order_id) = 1
)

select
    alias,
    order_id,
    source
from unambiguous
where alias <> order_id
  and not exists (
      select 1 from told as others
      where others.source = unambiguous.source and others.order_id = unambiguous.alias
  )
qualify row_number() over (partition by alias order by {{ source_rank('source') }}, source) = 1
