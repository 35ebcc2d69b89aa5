-- One row per order and source that tells of money given back or of a cancellation. `refunded_amount` is NULL where the source
-- names none; `is_whole` says that all was given back. A refund of some products that names no amount is worth what they cost;
-- `unpriced_products` counts those of which nobody says what they cost, so that it is more than the amount says.
{{ config(alias='order_reversals') }}
{% set paths = ['$.product_id', '$.sku', '$.quantity', '$.price'] %}
{% set item = json_picked('in_record', paths) %}

with headers as (
    select *, abs(refunded_amount) as given_back from {{ ref('unified_order_headers') }}
),

statements as (
    select * from {{ ref('unified_order_statements') }}
    where event in ('Order Refunded', 'Order Cancelled')
),

given_back as (
    select
        statements.message_id,
        statements.order_id,
        {{ json_pick('items.record', paths) }} as in_record
    from statements
    {{ json_unnest('statements.products', 'items') }}
    where statements.event = 'Order Refunded' and statements.total is null
),

products_back as (
    select
        message_id,
        order_id,
        coalesce({{ item.product_id }}, {{ item.sku }}) as product_id,
        coalesce({{ money(item.quantity) }}, 1) as quantity,
        {{ money(item.price) }} as price
    from given_back
),

prices as (
    select
        order_id,
        product_id,
        max(unit_price) as price
    from {{ ref('unified_line_reports') }}
    where unit_price is not null and order_id in (select order_id from products_back)
    group by order_id, product_id
),

worth as (
    select
        products_back.message_id,
        try_cast(sum({{ product('products_back.quantity', 'coalesce(products_back.price, prices.price, 0)') }}) as decimal(18, 4)) as amount,
        count(*) filter (where coalesce(products_back.price, prices.price) is null) as unpriced_products
    from products_back
    left join prices on products_back.order_id = prices.order_id and products_back.product_id = prices.product_id
    group by products_back.message_id
),

told as (
    {{ unify('order_reversals', {
        'order_id': 'string',
        'event': 'string',
        'amount': 'decimal(18, 4)',
        'occurred_at': 'timestamp',
    }) }}
),

said as (
    select
        statements.order_id,
        statements.source,
        statements.event,
        -- Some count what is given back below zero.
        abs(coalesce(statements.total, worth.amount)) as amount,
        coalesce(worth.unpriced_products, 0) as unpriced_products,
        statements.occurred_at
    from statements
    left join worth on statements.message_id = worth.message_id
    union all
    select distinct
        {{ known_as('told.order_id') }},
        told.source,
        told.event,
        abs(told.amount),
        0,
        told.occurred_at
    from told
    {{ known_order('told.source', 'told.order_id') }}
),

added_up as (
    select
        order_id,
        source,
        sum(case when event = 'Order Refunded' then amount end) as refunded_amount,
        sum(unpriced_products) as unpriced_products,
        max(case when event = 'Order Refunded' and amount is null then 1 else 0 end) = 1 as is_whole,
        max(case when event = 'Order Cancelled' then 1 else 0 end) = 1 as is_cancelled,
        min(case when event = 'Order Refunded' then occurred_at end) as refunded_at
    from said
    group by order_id, source
    union all
    select
        order_id,
        source,
        case when given_back > 0 then given_back end,
        0,
        status = 'refunded' and coalesce(given_back, 0) = 0,
        status = 'cancelled',
        refunded_at
    from headers
    where status in ('refunded', 'cancelled') or given_back > 0
)

-- What a source says of an order in its table of orders and in its events is one refund, not two.
select
    order_id,
    source,
    {{ money_sum('max(refunded_amount)') }} as refunded_amount,
    cast(max(unpriced_products) as bigint) as unpriced_products,
    max(case when is_whole then 1 else 0 end) = 1 as is_whole,
    max(case when is_cancelled then 1 else 0 end) = 1 as is_cancelled,
    min(refunded_at) as refunded_at
from added_up
group by order_id, source
