-- One row per subscription that is or was paid for: by whom, since when, and until when, or until this morning: what is being paid for
-- looks the same all day. A trial is not paid for; one that ends today is until tomorrow, since it may still be cancelled.
select
    told.profile_id,
    told.source,
    told.subscription_id,
    coalesce(told.trial_ends_at, told.started_at) as begun_at,
    case
        when told.ended_at <= today.ends_at then told.ended_at
        else greatest(coalesce(told.trial_ends_at, told.started_at), today.last_midnight)
    end as paid_until
from {{ with_person('unified_subscriptions', ['source', 'subscription_id', 'started_at', 'trial_ends_at', 'ended_at']) }} as told
cross join {{ source('control', 'today') }} as today
where told.started_at <= today.ends_at
  and (told.trial_ends_at is null or told.trial_ends_at <= today.last_midnight)
  and (told.ended_at is null or told.ended_at > coalesce(told.trial_ends_at, told.started_at))
