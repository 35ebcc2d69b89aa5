-- One row per person whose data are no longer to be kept, or soon will not be: since when nothing was done by them, when their
-- time is over, and what comes then. Nobody who never did anything is kept longer than others: their time begins when they became
-- known.
with people as (
    select
        profiles.profile_id,
        coalesce(actions.last_action_at, profiles.first_seen_at) as last_action_at,
        case when profiles.order_count > 0 then retention.customers_days else retention.days end as kept_days,
        retention.announce_days,
        retention.action
    from {{ ref('profiles') }} as profiles
    cross join {{ source('control', 'retention') }} as retention
    left join {{ ref('last_actions') }} as actions on profiles.profile_id = actions.profile_id
    where retention.enabled
)

select
    profile_id,
    last_action_at,
    {{ days_before('last_action_at', '-kept_days') }} as due_at,
    action,
    {{ days_before('last_action_at', 'announce_days - kept_days') }} as announced_at
from people
where {{ days_before('last_action_at', 'announce_days - kept_days') }} <= {{ as_of() }}
