-- One row per order, however many sources report it: as an order, by its lines alone, or by events alone.
-- The whole row comes from the source that stands first in `order_precedence`; its report as an order goes before its lines,
-- and those before its events. Amounts are also given in the company's currency, NULL where no rate is known.
{{ config(alias='orders') }}

with headers as (
    select * from {{ ref('unified_order_headers') }}
),

lines as (
    select
        source,
        order_id,
        min(customer_id) as customer_id,
        min(ordered_at) as ordered_at,
        min(currency) as currency,
        sum(discount) as discount,
        sum(line_total) as total,
        max(_batch) as _batch
    from {{ ref('unified_order_lines') }}
    where order_id is not null
    group by source, order_id
    having min(ordered_at) is not null
),

event_orders as (
    select * from {{ ref('unified_event_orders') }}
),

reports as (
    select
        order_id, customer_id, email, phone, ordered_at, status, vendor_status, currency, subtotal, discount, shipping, tax, total,
        refunded_amount, refunded_at, coupon_codes, channel, heard_via, delivered_at, country, postal_code, updated_at,
        source, _batch, 'order' as known_from, 1 as directness
    from headers
    union all
    select
        order_id, customer_id, null, null, ordered_at, 'paid', null, currency, total, discount, null, null, total,
        null, null, null, null, null, null, null, null, null,
        source, _batch, 'lines', 2
    from lines
    union all
    select
        order_id, customer_id, email, phone, ordered_at, status, null, currency, null, null, null, null, total,
        refunded_amount, refunded_at, null, null, null, null, null, null, null,
        source, _batch, 'events', 3
    from event_orders
),

reconciled as (
    select *
    from reports
    qualify row_number() over (
        partition by order_id
        order by {{ source_rank('source') }}, directness, updated_at desc nulls last, source
    ) = 1
),

settled as (
    select
        order_id,
        customer_id,
        email,
        phone,
        ordered_at,
        {{ local_date('ordered_at') }} as order_date,
        case
            when status <> 'paid' or coalesce(refunded_amount, 0) <= 0 then status
            when refunded_amount >= total then 'refunded'
            else 'partially_refunded'
        end as status,
        vendor_status,
        coalesce(currency, {{ company('currency') }}) as currency,
        subtotal,
        discount,
        shipping,
        tax,
        cast(total as decimal(18, 4)) as total,
        -- A refund that names no amount gives the whole order back.
        cast(case when status = 'refunded' and coalesce(refunded_amount, 0) = 0 then total else coalesce(refunded_amount, 0) end
            as decimal(18, 4)) as refunded_amount,
        refunded_at,
        coupon_codes,
        channel,
        heard_via,
        delivered_at,
        country,
        postal_code,
        updated_at,
        known_from,
        source,
        _batch
    from reconciled
),

netted as (
    select
        *,
        {{ is_revenue('status') }} as is_revenue,
        cast(case when {{ is_revenue('status') }} then total - refunded_amount else 0 end as decimal(18, 4)) as net_total
    from settled
)

select
    netted.order_id,
    netted.customer_id,
    netted.email,
    netted.phone,
    netted.ordered_at,
    netted.order_date,
    netted.status,
    netted.is_revenue,
    netted.currency,
    cast(netted.subtotal as decimal(18, 4)) as subtotal,
    cast(netted.discount as decimal(18, 4)) as discount,
    netted.shipping,
    netted.tax,
    netted.total,
    netted.refunded_amount,
    netted.refunded_at,
    netted.net_total,
    {{ in_company_currency('netted.total') }} as total_company,
    {{ in_company_currency('netted.net_total') }} as net_company,
    netted.coupon_codes,
    netted.channel,
    netted.heard_via,
    netted.delivered_at,
    netted.country,
    netted.postal_code,
    netted.updated_at,
    netted.vendor_status,
    netted.known_from,
    netted.source,
    netted._batch
from netted
{{ company_rate('netted.currency', 'netted.order_date') }}
