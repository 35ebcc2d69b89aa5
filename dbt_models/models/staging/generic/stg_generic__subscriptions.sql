-- One row per subscription, in its newest version.
{{ config(enabled=feeds('generic', 'subscriptions')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'subscriptions')) }}
)

select
    raw.subscription_id,
    raw.customer_id,
    normal_email.value as email,
    raw.plan,
    raw.started_at,
    raw.trial_ends_at,
    raw.renews_on,
    raw.ended_at,
    raw.amount,
    upper(trim(raw.currency)) as currency,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
{{ normalised_email('raw.email') }}
