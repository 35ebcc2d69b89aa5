-- One row per contact in HubSpot that was merged into another, with the one that lives on. Other tables may still name the former.
{{ config(enabled=feeds('hubspot', 'contact') or feeds('hubspot', 'deal') or feeds('hubspot', 'contact_form_submission')) }}
{% set id = json_picked(json_pick('merged.record', ['$']), ['$']) %}

with raw as (
    {{ latest_version(source('raw_hubspot', 'contact'), ['property_lastmodifieddate', '_fivetran_synced']) }}
),

listed as (
    select
        id,
        concat('["', replace(replace(coalesce(property_hs_merged_object_ids, property_hs_calculated_merged_vids), ' ', ''), ';', '","'), '"]') as ids
    from raw
    where coalesce(property_hs_merged_object_ids, property_hs_calculated_merged_vids) is not null
      and not coalesce(_fivetran_deleted, false)
),

named as (
    select
        regexp_replace({{ id['$'] }}, ':.*', '') as former_id,
        listed.id as contact_id
    from listed
    {{ json_unnest('listed.ids', 'merged') }}
)

select
    former_id,
    contact_id
from named
where former_id <> contact_id and contact_id not in (select former_id from named where former_id is not null)
qualify row_number() over (partition by former_id order by contact_id) = 1
