-- One row per kind of event in Klaviyo, in its newest version.
{{ config(enabled=feeds('klaviyo', 'event')) }}

with raw as (
    {{ latest_version(source('raw_klaviyo', 'metric'), ['updated', '_fivetran_synced']) }}
)

select
    id as metric_id,
    lower(trim(name)) as name
from raw
