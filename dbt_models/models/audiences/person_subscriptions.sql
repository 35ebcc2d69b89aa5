-- One row per subscription that has begun, with the person whose it is and whether it runs; one that was ended within its trial was
-- never paid for.
{{ config(materialized='view') }}

select
    told.profile_id,
    told.subscription_id,
    told.plan,
    told.amount_company,
    told.started_at,
    told.renews_on,
    told.ended_at,
    told.ended_at is null or told.ended_at > run.as_of as is_running,
    coalesce(told.ended_at > coalesce(told.trial_ends_at, told.started_at), true) as is_paid_for
from {{ with_person('unified_subscriptions', [
    'subscription_id', 'plan', 'amount_company', 'started_at', 'trial_ends_at', 'renews_on', 'ended_at',
]) }} as told
cross join {{ source('control', 'run') }} as run
where told.started_at <= run.as_of
