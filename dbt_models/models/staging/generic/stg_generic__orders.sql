-- One row per order, in its newest version.
{{ config(enabled=feeds('generic', 'orders')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'orders'), ['updated_at']) }}
)

select
    {{ told_apart('raw.order_id', 'raw.ordered_at') }} as order_id,
    raw.customer_id,
    normal_email.value as email,
    normal_phone.value as phone,
    raw.ordered_at,
    {{ order_status('raw.status') }} as status,
    raw.status as vendor_status,
    upper(trim(raw.currency)) as currency,
    raw.subtotal,
    raw.discount,
    raw.shipping,
    raw.tax,
    raw.total,
    raw.refunded_amount,
    null as refunded_at,
    raw.coupon_codes,
    raw.channel,
    raw.heard_via,
    raw.landing_url,
    raw.delivered_at,
    iso.country as country,
    raw.postal_code,
    raw.updated_at,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
{{ normalised_email('raw.email') }}
{{ normalised_phone('raw.phone', 'raw.country') }}
{{ iso_country('raw.country') }}
