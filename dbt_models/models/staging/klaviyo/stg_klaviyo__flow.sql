-- One row per automated sequence of messages in Klaviyo, in its newest version.
{{ config(enabled=feeds('klaviyo', 'event')) }}

with raw as (
    {{ latest_version(source('raw_klaviyo', 'flow'), ['updated', '_fivetran_synced']) }}
)

select
    id as flow_id,
    name as flow_name
from raw
