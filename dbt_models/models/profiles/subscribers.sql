-- One row per person who pays or paid for a subscription: when the first and the newest began, and until when they paid, or that they
-- do now. A trial is not paid for.
with told as (
    select
        coalesce({{ account_id('customer_id', 'source') }}, email) as subscriber,
        case when customer_id is not null then 'customer_id' else 'email' end as subscriber_type,
        coalesce(trial_ends_at, started_at) as paid_from,
        ended_at
    from {{ ref('unified_subscriptions') }}
)

select
    identifiers.profile_id,
    min(told.paid_from) as first_begun_at,
    max(told.paid_from) as last_begun_at,
    max(case when told.ended_at < run.as_of then told.ended_at else run.as_of end) as last_paid_at
from told
inner join {{ ref('identifiers') }} as identifiers
    on told.subscriber_type = identifiers.identifier_type and told.subscriber = identifiers.identifier
cross join {{ source('control', 'run') }} as run
where told.paid_from <= run.as_of and (told.ended_at is null or told.ended_at > told.paid_from)
group by identifiers.profile_id
