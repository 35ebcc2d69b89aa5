-- One row per subscription that is or was paid for: by whom, since when, and until when, or until now. A trial is not paid for.
select
    told.profile_id,
    told.source,
    told.subscription_id,
    coalesce(told.trial_ends_at, told.started_at) as begun_at,
    case when told.ended_at < run.as_of then told.ended_at else run.as_of end as paid_until
from {{ with_person('unified_subscriptions', ['source', 'subscription_id', 'started_at', 'trial_ends_at', 'ended_at']) }} as told
cross join {{ source('control', 'run') }} as run
where coalesce(told.trial_ends_at, told.started_at) <= run.as_of
  and (told.ended_at is null or told.ended_at > coalesce(told.trial_ends_at, told.started_at))
