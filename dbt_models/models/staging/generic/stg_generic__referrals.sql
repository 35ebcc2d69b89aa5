-- One row per referral, in its newest version. Who referred whom may be told by e-mail or by the company's own ids.
{{ config(enabled=feeds('generic', 'referrals')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'referrals')) }}
)

select
    raw.referral_id,
    coalesce(referrer_email.value, trim(raw.referrer)) as referrer,
    coalesce(referred_email.value, trim(raw.referred)) as referred,
    raw.created_at,
    raw.converted_at,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
{{ normalised_email('raw.referrer', alias='referrer_email') }}
{{ normalised_email('raw.referred', alias='referred_email') }}
