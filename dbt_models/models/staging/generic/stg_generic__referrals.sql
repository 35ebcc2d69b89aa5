-- One row per referral, in its newest version.
{{ config(enabled=feeds('generic', 'referrals')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'referrals')) }}
)

select
    raw.referral_id,
    raw.referrer,
    raw.referred,
    raw.created_at,
    raw.converted_at,
    'generic' as source,
    raw._batch
from raw
