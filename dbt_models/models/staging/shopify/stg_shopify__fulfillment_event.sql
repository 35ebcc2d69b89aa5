-- One row per carrier's report on a parcel in Shopify, in its newest version.
{{ config(enabled=feeds('shopify', 'order')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'fulfillment_event'), ['updated_at', '_fivetran_synced']) }}
)

select
    id as fulfillment_event_id,
    fulfillment_id,
    lower(status) as status,
    coalesce(happened_at, created_at) as happened_at
from raw
where not coalesce(_fivetran_deleted, false)
