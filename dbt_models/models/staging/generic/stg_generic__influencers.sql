-- One row per influencer, in its newest version.
{{ config(enabled=feeds('generic', 'influencers')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'influencers')) }}
)

select
    raw.influencer,
    lower(trim(raw.platform)) as platform,
    raw.followers,
    raw.engagements,
    raw.posts,
    raw.fee,
    upper(trim(raw.currency)) as currency,
    raw.disclosed,
    raw.contract_signed_on,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
