-- One row per person whose data are no longer to be kept, or soon will not be: since when nothing was done by them, when their
-- time is over, and what comes then. Whoever pays for a subscription is there. The time of people who never did anything begins when
-- they became known, or, of whom nothing says when that was, with the load that brought them. Orders of nobody stay.
with known as (
    select profile_id, identifier_type, identifier
    from {{ ref('identifiers') }}
    where identifier_type <> 'order_id'
),

undated as (
    select profile_id from {{ ref('profiles') }} where first_seen_at is null
),

loads as (
    select batch, min(loaded_at) as loaded_at from {{ source('quality', 'load_ledger') }} group by batch
),

landed as (
    select known.profile_id, min(loads.loaded_at) as landed_at
    from known
    inner join undated on known.profile_id = undated.profile_id
    inner join {{ ref('observed_identifiers') }} as seen
        on known.identifier_type = seen.identifier_type and known.identifier = seen.identifier
    inner join loads on seen._batch = loads.batch
    group by known.profile_id
),

people as (
    select
        profiles.profile_id,
        coalesce(
            greatest(actions.last_action_at, subscribers.last_paid_at), profiles.first_seen_at, landed.landed_at
        ) as last_action_at,
        case when profiles.order_count > 0 then retention.customers_days else retention.days end as kept_days,
        retention.announce_days,
        retention.action
    from {{ ref('profiles') }} as profiles
    inner join (select distinct profile_id from known) as somebody on profiles.profile_id = somebody.profile_id
    cross join {{ source('control', 'retention') }} as retention
    left join {{ ref('last_actions') }} as actions on profiles.profile_id = actions.profile_id
    left join {{ ref('subscribers') }} as subscribers on profiles.profile_id = subscribers.profile_id
    left join landed on profiles.profile_id = landed.profile_id
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
