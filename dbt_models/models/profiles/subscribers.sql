-- One row per person who pays or paid for a subscription: when the first and the newest began, and until when they paid last, or that they
-- do now. Whether they paid all the time between, their subscriptions tell.
select
    profile_id,
    min(begun_at) as first_begun_at,
    max(begun_at) as last_begun_at,
    max(paid_until) as last_paid_at
from {{ ref('paid_subscriptions') }}
group by profile_id
