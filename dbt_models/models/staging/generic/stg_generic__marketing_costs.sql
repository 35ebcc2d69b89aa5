-- One row per marketing cost, in its newest version.
{{ config(enabled=feeds('generic', 'marketing_costs')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'marketing_costs')) }}
)

select
    raw.cost_id,
    raw.starts_on,
    raw.ends_on,
    lower(trim(raw.kind)) as kind,
    raw.campaign_id,
    raw.channel,
    raw.amount,
    upper(trim(raw.currency)) as currency,
    raw.share,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
