-- One row per parcel of an order in Shopify, in its newest version, with when it arrived: by the carrier's reports, else when Shopify
-- last heard of a parcel that it calls delivered.
{{ config(enabled=feeds('shopify', 'order')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'fulfillment'), ['updated_at', '_fivetran_synced']) }}
),

arrivals as (
    select
        fulfillment_id,
        min(happened_at) as arrived_at
    from {{ ref('stg_shopify__fulfillment_event') }}
    where status = 'delivered'
    group by fulfillment_id
)

select
    raw.id as fulfillment_id,
    raw.order_id,
    coalesce(
        arrivals.arrived_at,
        case when lower(raw.shipment_status) = 'delivered' then coalesce(raw.updated_at, raw.created_at) end
    ) as delivered_at
from raw
left join arrivals on raw.id = arrivals.fulfillment_id
-- A shipment that was called off never arrives.
where coalesce(lower(raw.status), 'success') not in ('cancelled', 'error', 'failure')
