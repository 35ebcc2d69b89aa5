-- One row per order in Shopify, in its newest version. The amount given back comes from its refund transactions: Shopify's refund
-- itself names none; where no payments are landed, from the lines that were given back. A cancelled order is no revenue even where
-- its payment was not given back.
{{ config(enabled=feeds('shopify', 'order')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'order'), ['updated_at', '_fivetran_synced']) }}
),

repaid as (
    select
        order_id,
        sum(amount) as refunded_amount
    from {{ ref('stg_shopify__transaction') }}
    where kind = 'refund' and status = 'success' and not is_test
    group by order_id
),

refunds as (
    select
        refunds.order_id,
        min(refunds.refunded_at) as refunded_at,
        sum(lines.amount) as lines_amount
    from {{ ref('stg_shopify__refund') }} as refunds
    left join {{ ref('stg_shopify__order_line_refund') }} as lines on refunds.refund_id = lines.refund_id
    group by refunds.order_id
),

codes as (
    select
        order_id,
        {{ joined_texts('code') }} as coupon_codes
    from {{ ref('stg_shopify__order_discount_code') }}
    group by order_id
),

deliveries as (
    select
        order_id,
        max(delivered_at) as delivered_at
    from {{ ref('stg_shopify__fulfillment') }}
    group by order_id
    -- An order has arrived when its last parcel has.
    having count(*) = count(delivered_at)
),

placed as (
    select
        *,
        {{ told_apart('id', 'created_at') }} as order_id,
        coalesce(shipping_address_country_code, billing_address_country_code, shipping_address_country) as country
    from raw
    where not coalesce(_fivetran_deleted, false)
)

select
    placed.order_id,
    placed.name as order_name,
    placed.order_number,
    placed.customer_id,
    normal_email.value as email,
    normal_phone.value as phone,
    -- The date of the sale in Shopify's own reports; created_at is the day of import for orders brought over from another system.
    coalesce(placed.processed_at, placed.created_at) as ordered_at,
    case
        when placed.test then 'test'
        when placed.cancelled_at is not null and coalesce(placed.financial_status, 'paid') <> 'refunded' then 'cancelled'
        else {{ order_status('placed.financial_status') }}
    end as status,
    placed.financial_status as vendor_status,
    upper(placed.currency) as currency,
    placed.subtotal_price as subtotal,
    placed.total_discounts as discount,
    placed.total_shipping_price as shipping,
    placed.total_tax as tax,
    placed.total_price as total,
    coalesce(repaid.refunded_amount, refunds.lines_amount) as refunded_amount,
    refunds.refunded_at,
    coalesce({{ json_texts('placed.discount_codes', '$[*].code') }}, codes.coupon_codes) as coupon_codes,
    placed.source_name as channel,
    placed.browser_ip as ip,
    null as heard_via,
    placed.landing_site as landing_url,
    deliveries.delivered_at,
    iso.country as country,
    coalesce(placed.shipping_address_zip, placed.billing_address_zip) as postal_code,
    placed.updated_at,
    placed._extra as traits,
    'shopify' as source,
    placed._batch
from placed
left join repaid on placed.id = repaid.order_id
left join refunds on placed.id = refunds.order_id
left join codes on placed.id = codes.order_id
left join deliveries on placed.id = deliveries.order_id
{{ normalised_email('placed.email') }}
{{ normalised_phone('placed.phone', 'placed.shipping_address_country_code') }}
{{ iso_country('placed.country') }}
