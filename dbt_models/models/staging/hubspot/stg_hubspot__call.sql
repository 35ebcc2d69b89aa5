-- One row per telephone call in HubSpot, in its newest version. The phone is that of the person outside the company.
{{ config(enabled=feeds('hubspot', 'engagement_call')) }}
{# HubSpot's own call outcomes: https://developers.hubspot.com/docs/api-reference/crm-calls-v3/guide #}
{% set outcomes = {
    '9d9162e7-6cf3-4944-bf63-4dff82258764': 'busy',
    'f240bbac-87c9-4f6e-bf70-924b57d47db7': 'connected',
    'a4c4c377-d246-4b32-a13b-75a56a4cd0ff': 'left live message',
    'b2cf5968-551e-4856-9783-52b3da59a7d0': 'left voicemail',
    '73a0d17f-1163-4015-bdd5-ec830791da20': 'no answer',
    '17b47fee-58de-441e-a44c-c6300d46f273': 'wrong number',
} %}

with newest as (
    {{ latest_version(source('raw_hubspot', 'engagement_call'), ['property_hs_lastmodifieddate', '_fivetran_synced']) }}
),

raw as (
    select
        *,
        coalesce(lower(trim(property_hs_call_direction)), 'outbound') as direction
    from newest
    where not coalesce(_fivetran_deleted, false)
)

select
    raw.engagement_id as call_id,
    normal_phone.value as phone,
    case when raw.direction = 'inbound' then raw.property_hs_call_to_number end as tracking_number,
    raw.direction,
    coalesce(
        {{ translated('lower(raw.property_hs_call_disposition)', outcomes) }},
        lower(raw.property_hs_call_disposition),
        lower(replace(raw.property_hs_call_status, '_', ' '))
    ) as outcome,
    raw.property_hs_timestamp as occurred_at,
    raw._extra as traits,
    'hubspot' as source,
    raw._batch
from raw
{{ normalised_phone("case when raw.direction = 'inbound' then raw.property_hs_call_from_number else raw.property_hs_call_to_number end") }}
