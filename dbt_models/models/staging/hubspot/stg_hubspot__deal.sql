-- One row per deal in HubSpot, in its newest version, as an order: won is paid, lost is cancelled, open is pending. An open deal's closing
-- date is a hope, so it is dated by its creation.
{{ config(enabled=feeds('hubspot', 'deal')) }}

with raw as (
    {{ latest_version(source('raw_hubspot', 'deal'), ['property_hs_lastmodifieddate', '_fivetran_synced']) }}
),

settled as (
    select
        raw.*,
        coalesce(stages.label, raw.deal_pipeline_stage_id) as stage,
        case
            when coalesce(raw.property_hs_is_closed_won, stages.is_won, lower(raw.deal_pipeline_stage_id) = 'closedwon') then 'paid'
            when coalesce(raw.property_hs_is_closed, stages.is_lost, lower(raw.deal_pipeline_stage_id) = 'closedlost') then 'cancelled'
            else 'pending'
        end as status
    from raw
    left join {{ ref('stg_hubspot__deal_pipeline_stage') }} as stages on raw.deal_pipeline_stage_id = stages.stage_id
    where not coalesce(raw._fivetran_deleted, false) and not coalesce(raw.is_deleted, false)
)

select
    settled.deal_id as order_id,
    buyers.contact_id as customer_id,
    buyers.email,
    buyers.phone,
    case
        when settled.status = 'paid' then coalesce(settled.property_closedate, settled.property_createdate)
        else coalesce(settled.property_createdate, settled.property_closedate)
    end as ordered_at,
    settled.status,
    settled.stage as vendor_status,
    upper(trim(settled.property_deal_currency_code)) as currency,
    null as subtotal,
    null as discount,
    null as shipping,
    null as tax,
    settled.property_amount as total,
    null as refunded_amount,
    null as refunded_at,
    null as coupon_codes,
    'sales' as channel,
    buyers.heard_via,
    null as landing_url,
    null as delivered_at,
    buyers.country,
    buyers.postal_code,
    settled.property_hs_lastmodifieddate as updated_at,
    settled._extra as traits,
    'hubspot' as source,
    settled._batch
from settled
left join {{ ref('stg_hubspot__deal_contact') }} as buyers on settled.deal_id = buyers.deal_id
