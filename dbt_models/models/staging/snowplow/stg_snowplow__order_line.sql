-- One row per order and product out of the items that Snowplow's older e-commerce tracking sends one by one, the newest for each: a
-- reloaded thank-you page sends them again. They bring no order of their own, since the transaction event tells of it.
{{ config(enabled=feeds('snowplow', 'events')) }}

with items as (
    select *
    from {{ source('raw_snowplow', 'events') }}
    where event = 'transaction_item' and ti_orderid is not null and ti_sku is not null
    qualify row_number() over (partition by ti_orderid, ti_sku order by _happened_at desc, event_id desc) = 1
)

select
    ti_orderid as order_id,
    ti_sku as line_id,
    ti_sku as product_id,
    coalesce(ti_quantity, 1) as quantity,
    ti_price as unit_price,
    null as discount,
    {{ product('coalesce(ti_quantity, 1)', 'ti_price') }} as line_total,
    null as customer_id,
    null as ordered_at,
    upper(ti_currency) as currency,
    null as traits,
    'snowplow' as source,
    _batch
from items
