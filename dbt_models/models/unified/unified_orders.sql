-- One row per order, however many sources report it: as an order, by its lines alone, or by events alone.
-- The whole row comes from the source that stands first in `order_precedence`; its report as an order goes before its lines,
-- and those before its events. A refund or cancellation counts whichever source tells of it: of several, the first in
-- `order_precedence` says how much was given back, so that a refund told twice counts once, and never more than was paid.
-- Amounts are also given in the company's currency, NULL where no rate is known.
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
        {{ money_sum('sum(discount)') }} as discount,
        {{ money_sum('sum(line_total)') }} as total,
        max(_batch) as _batch
    from {{ ref('unified_line_reports') }}
    where known_from = 'line'
    group by source, order_id
    having min(ordered_at) is not null
),

event_orders as (
    select * from {{ ref('unified_event_orders') }}
),

reversals as (
    select * from {{ ref('unified_order_reversals') }}
),

reports as (
    select
        order_id, customer_id, email, phone, ordered_at, status, vendor_status, currency, subtotal, discount, shipping, tax, total,
        coupon_codes, channel, heard_via, landing_url, delivered_at, country, postal_code, updated_at, traits,
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
        order_id, customer_id, email, phone, ordered_at, 'paid', null, currency, null, null, null, null, total,
        null, null, null, null, null, null, null, null, null,
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

refunds as (
    select *
    from reversals
    where is_whole or refunded_amount is not null
    qualify row_number() over (partition by order_id order by {{ source_rank('source') }}, source) = 1
),

cancellations as (
    select distinct order_id from reversals where is_cancelled
),

given_back as (
    select
        reconciled.*,
        case
            when refunds.is_whole or refunds.refunded_amount > reconciled.total then reconciled.total
            else refunds.refunded_amount
        end as refunded_amount,
        refunds.refunded_at,
        refunds.order_id is not null as is_refunded,
        cancellations.order_id is not null as is_cancelled,
        tests.reason as test_reason
    from reconciled
    left join {{ ref('unified_test_orders') }} as tests on reconciled.order_id = tests.order_id
    left join refunds on reconciled.order_id = refunds.order_id
    left join cancellations on reconciled.order_id = cancellations.order_id
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
            when test_reason is not null then 'test'
            when status = 'cancelled' then status
            when is_cancelled and status <> 'refunded' then 'cancelled'
            when status <> 'paid' and status <> 'partially_refunded' then status
            when is_refunded and refunded_amount >= total then 'refunded'
            when refunded_amount > 0 then 'partially_refunded'
            else status
        end as status,
        vendor_status,
        coalesce(currency, {{ company('currency') }}) as currency,
        subtotal,
        discount,
        shipping,
        tax,
        cast(total as decimal(18, 4)) as total,
        cast(coalesce(refunded_amount, 0) as decimal(18, 4)) as refunded_amount,
        refunded_at,
        coupon_codes,
        channel,
        heard_via,
        landing_url,
        {{ url_tags('landing_url') | indent(8) }},
        delivered_at,
        country,
        postal_code,
        updated_at,
        traits,
        test_reason,
        known_from,
        source,
        _batch
    from given_back
),

netted as (
    select
        *,
        {{ is_revenue('status') }} as is_revenue,
        case when {{ is_revenue('status') }} then {{ money_sum('total - refunded_amount') }} else 0 end as net_total
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
    netted.test_reason is not null as is_test,
    netted.test_reason,
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
    netted.landing_url,
    {% for key in utm_keys() -%}
    {{ url_decoded('netted.url_' ~ key) }} as utm_{{ key }},
    {% endfor -%}
    {{ click_id('netted') }},
    netted.delivered_at,
    netted.country,
    netted.postal_code,
    netted.updated_at,
    netted.traits,
    netted.vendor_status,
    netted.known_from,
    netted.source,
    netted._batch
from netted
{{ company_rate('netted.currency', 'netted.order_date') }}
