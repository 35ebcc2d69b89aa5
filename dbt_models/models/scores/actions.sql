-- One row per identifier, action and day of the company's time on which it was done: the one list of what people did and of what
-- reached them, for whoever scores. Events of the site go by their own names ('Product Viewed'), the rest by names of ours
-- ('visit', 'email_clicked', 'order'). A message opened, clicked or answered twice is one, at the first time; opens are those of
-- humans who allow them to be known. A registration for something yet to come counts as of today.
{{ config(materialized='view') }}
{% set own_names = ['visit', 'form', 'order', 'review', 'survey', 'referral', 'subscription_started'] %}

with messages as (
    select
        'email' as identifier_type,
        events.email as identifier,
        'email_' || events.type as action,
        coalesce(events.campaign_id, events.event_id) as message,
        events.occurred_at
    from {{ ref('unified_email_events') }} as events
    left join (
        select identifier from {{ ref('identifier_consents') }} where purpose = 'email_tracking' and status = 'granted'
    ) as trackable on events.email = trackable.identifier
    where events.email is not null
      and not coalesce(events.is_machine, false)
      and (events.type <> 'opened' or trackable.identifier is not null)
    union all
    select
        case when events.channel = 'push' then coalesce(devices.identifier_type, 'push_token') else 'phone' end,
        events.identifier,
        events.channel || '_' || events.type,
        coalesce(events.campaign_id, events.event_id),
        events.occurred_at
    from {{ ref('unified_message_events') }} as events
    -- Push messages go to a device or to whoever is logged in on it: which of them the tool names, it does not say.
    left join (
        select identifier, min(identifier_type) as identifier_type
        from {{ ref('identifiers') }}
        where identifier_type in ('push_token', 'user_id', 'anonymous_id')
        group by identifier
    ) as devices on events.channel = 'push' and events.identifier = devices.identifier
    where events.identifier is not null and events.channel in ('sms', 'whatsapp', 'push') and events.type <> 'failed'
),

first_of_message as (
    select identifier_type, identifier, action, min(occurred_at) as done_at
    from messages
    group by identifier_type, identifier, action, message
),

done as (
    select identifier_type, identifier, action, done_at, cast(null as decimal(18, 4)) as amount from first_of_message
    union all
    {{ done_in('unified_leads', ['lead_id'], 'created_at', "'form'") }}
    union all
    {{ done_in('unified_orders', ['order_id'], 'ordered_at', "'order'", 'is_revenue and not is_test', amount='total_company') }}
    union all
    {{ done_in('unified_reviews', ['customer_id', 'email'], 'created_at', "'review'") }}
    union all
    {{ done_in('unified_surveys', ['customer_id', 'email'], 'answered_at', "'survey'") }}
    union all
    {{ done_in('unified_subscriptions', ['customer_id', 'email'], 'started_at', "'subscription_started'", amount='amount_company') }}
    union all
    {{ done_in('unified_event_registrations', ['email', 'phone'], 'least(starts_at, ' ~ today('ends_at') ~ ')',
        "case status when 'attended' then 'event_attended' when 'no_show' then 'event_missed' else 'event_registered' end") }}
    union all
    {{ done_in('unified_social_interactions', ['email'], 'occurred_at', "'social_' || replace(lower(trim(kind)), ' ', '_')", 'kind is not null') }}
    union all
    {{ done_in('unified_calls', ['phone'], 'occurred_at',
        "case when " ~ call_was_missed('outcome') ~ " then 'call_missed' else 'call_answered' end") }}
    union all
    -- Whoever recommends is named by an address or by the company's own number.
    {{ done_in('unified_referrals', ['referrer'], 'created_at', "'referral'") }}
),

days as (
    select
        case
            when identifier_type <> 'referrer' then identifier_type
            when instr(identifier, '@') > 1 then 'email'
            else 'customer_id'
        end as identifier_type,
        identifier,
        action,
        least({{ local_date('done_at') }}, today.as_of_date) as action_date,
        count(*) as times,
        cast(null as bigint) as seconds,
        {{ money_sum('sum(amount)') }} as amount,
        min(done_at) as first_at,
        max(done_at) as last_at
    from done
    cross join {{ source('control', 'today') }} as today
    group by 1, 2, 3, 4
)

select * from days
union all
select
    identifier_type,
    identifier,
    'visit',
    event_date,
    count(*),
    cast(sum({{ seconds_between('started_at', 'ended_at') }}) as bigint),
    cast(sum(page_views) as decimal(18, 4)),
    min(started_at),
    max(ended_at)
from {{ ref('sessions') }}
where identifier is not null
group by identifier_type, identifier, event_date
union all
select
    identifier_type,
    identifier,
    -- An event of the site that bears one of our names is told from ours.
    case when event in ('{{ own_names | join("', '") }}') then 'site_' || event else event end,
    event_date,
    cast(sum(times) as bigint),
    cast(null as bigint),
    cast(null as decimal(18, 4)),
    min(first_at),
    max(last_at)
from {{ ref('event_days') }}
where event is not null and identifier is not null
group by 1, 2, 3, 4
