-- One row per stage of a sales pipeline in HubSpot, in its newest version. A stage taken out of use still names older deals.
{{ config(enabled=feeds('hubspot', 'deal')) }}

with raw as (
    {{ latest_version(source('raw_hubspot', 'deal_pipeline_stage'), ['_fivetran_synced']) }}
)

select
    stage_id,
    label,
    closed_won as is_won,
    probability = 0 as is_lost
from raw
