-- One row per open day, webinar or fair, past or to come: how many people were invited, registered, came, stayed away and enrolled, what
-- it cost, and what each of them cost. The company's own people are left out.
-- Invited are those whom earlier runs wrote to before it began (`written_to`), and those to whom this run writes: a list alone, whose people
-- have no consent, wait or are held out, invites nobody. Who was invited otherwise (a poster, a tool of its own) nobody tells: where nobody
-- was written to, it is unknown. Reminders go to those who have registered, and invite nobody.
-- Enrolled are those who came and, within the look-back after it began, bought, subscribed or became customers as leads.
-- Its cost is what names it as its campaign (of events of one name, the next one has it, the last what comes later), and its even share
-- in what the channel `event` cost in its month without naming any; what nobody tells the cost of has a cost of 0, and none per head.
with registrations as (
    select
        told.event_name,
        told.starts_at,
        lower(trim(told.event_kind)) as event_kind,
        told.city,
        told.postal_code,
        coalesce(addresses.profile_id, numbers.profile_id) as profile_id,
        coalesce(addresses.profile_id, numbers.profile_id, told.source || ':' || told.registration_id) as person,
        case when told.starts_at <= {{ as_of() }} then coalesce(told.status, 'registered') else 'registered' end as status
    from {{ ref('unified_event_registrations') }} as told
    left join {{ ref('identifiers') }} as addresses on addresses.identifier_type = 'email' and addresses.identifier = told.email
    left join {{ ref('identifiers') }} as numbers on numbers.identifier_type = 'phone' and numbers.identifier = told.phone
    where told.starts_at is not null
      and coalesce(told.status, 'registered') in ('registered', 'attended', 'no_show')
      and {{ is_outsider('coalesce(addresses.profile_id, numbers.profile_id)') }}
),

events as (
    select
        event_name,
        starts_at,
        max(event_kind) as event_kind,
        case when min(city) = max(city) then min(city) end as city,
        case when count(*) > 1 and min(postal_code) = max(postal_code) then min(postal_code) end as postal_code
    from (
        select event_name, starts_at, event_kind, city, postal_code from registrations
        union all
        select event_name, starts_at, event_kind, city, postal_code from {{ ref('open_days') }}
    ) as told
    group by event_name, starts_at
),

-- To whom this run writes an invitation, and which event their list names.
listed as (
    select due.profile_id, due.anchor_at as starts_at, min({{ json_named('members.context', "'event'") }}) as event_name
    from {{ ref('messages_due') }} as due
    left join {{ ref('members') }} as members on due.audience = members.audience and due.profile_id = members.profile_id
    where due.kind = 'event' and due.is_due and due.anchor_at > {{ as_of() }}
    group by due.profile_id, due.anchor_at
),

written_to as (
    select distinct sent.profile_id, sent.anchor_at as starts_at
    from {{ ref('sent_steps') }} as sent
    where sent.kind = 'event' and sent.sent_at < sent.anchor_at
),

-- Messages tell when what they invite to begins; of several events that begin together, the one that the list names or that is near.
invited as (
    select
        events.event_name,
        events.starts_at,
        coalesce(listed.profile_id, written_to.profile_id) as profile_id,
        written_to.profile_id is not null as was_written_to
    from listed
    full join written_to on listed.profile_id = written_to.profile_id and listed.starts_at = written_to.starts_at
    inner join events on coalesce(listed.starts_at, written_to.starts_at) = events.starts_at
    left join {{ ref('profiles') }} as people on coalesce(listed.profile_id, written_to.profile_id) = people.profile_id
    qualify row_number() over (
        partition by coalesce(listed.profile_id, written_to.profile_id), events.starts_at
        order by
            case when events.event_name = listed.event_name then 0 else 1 end,
            case when substr(people.postal_code, 1, 2) = substr(events.postal_code, 1, 2) then 0 else 1 end,
            case when {{ folded('people.city') }} = {{ folded('events.city') }} then 0 else 1 end,
            events.event_name
    ) = 1
),

invitations as (
    select
        event_name,
        starts_at,
        count(*) as invited,
        sum(case when was_written_to then 1 else 0 end) as written_to
    from invited
    group by event_name, starts_at
),

-- One row per person: one who registered twice and came once, came.
guests as (
    select
        event_name,
        starts_at,
        person,
        max(profile_id) as profile_id,
        max(case when status = 'attended' then 1 else 0 end) as attended,
        max(case when status = 'no_show' then 1 else 0 end) as no_show
    from registrations
    group by event_name, starts_at, person
),

enrolled as (
    select distinct guests.event_name, guests.starts_at, guests.person
    from guests
    cross join {{ source('control', 'measurement') }} as settings
    inner join {{ ref('conversions') }} as conversions
        on guests.profile_id = conversions.profile_id
        and (conversions.is_sale or conversions.kind = 'converted_lead')
        and conversions.occurred_at > guests.starts_at
        and conversions.occurred_at <= {{ days_after('guests.starts_at', 'settings.lookback_days') }}
    where guests.attended = 1
),

counts as (
    select
        guests.event_name,
        guests.starts_at,
        count(*) as registered,
        sum(guests.attended) as attended,
        sum(case when guests.attended = 0 then guests.no_show else 0 end) as no_show,
        count(enrolled.person) as enrolled
    from guests
    left join enrolled
        on guests.event_name = enrolled.event_name and guests.starts_at = enrolled.starts_at and guests.person = enrolled.person
    group by guests.event_name, guests.starts_at
),

dated as (
    select
        *,
        {{ local_date('starts_at') }} as held_on,
        {{ period_of('month', local_date('starts_at')) }} as month,
        {{ folded('event_name') }} as folded_name
    from events
),

spent as (
    select
        costs.day,
        costs.channel,
        costs.amount,
        coalesce(by_name.folded_name, by_key.folded_name) as folded_name
    from {{ ref('costs') }} as costs
    left join (select distinct folded_name from dated) as by_name on {{ folded('costs.campaign') }} = by_name.folded_name
    left join (select distinct folded_name from dated) as by_key on {{ folded('costs.campaign_key') }} = by_key.folded_name
    where costs.channel = 'event' or by_name.folded_name is not null or by_key.folded_name is not null
),

own_costs as (
    select event_name, starts_at, sum(amount) as amount
    from (
        select dated.event_name, dated.starts_at, named.amount
        from (select folded_name, day, sum(amount) as amount from spent where folded_name is not null group by folded_name, day) as named
        inner join dated on named.folded_name = dated.folded_name
        qualify row_number() over (
            partition by named.folded_name, named.day
            order by
                case when named.day is null or dated.held_on >= named.day then 0 else 1 end,
                abs({{ days_between('coalesce(named.day, dated.held_on)', 'dated.held_on') }}),
                dated.starts_at,
                dated.event_name
        ) = 1
    ) as placed
    group by event_name, starts_at
),

shared_costs as (
    select placed.event_name, placed.starts_at, {{ part_of_total('unnamed.amount', 'placed.place', 'placed.places') }} as amount
    from (
        select
            *,
            row_number() over (partition by month order by starts_at, event_name) as place,
            count(*) over (partition by month) as places
        from dated
    ) as placed
    inner join (
        select {{ period_of('month', 'day') }} as month, {{ money_sum('sum(amount)') }} as amount
        from spent
        where folded_name is null and day is not null
        group by 1
    ) as unnamed on placed.month = unnamed.month
),

figures as (
    select
        dated.*,
        invitations.invited,
        coalesce(invitations.written_to, 0) as written_to,
        coalesce(counts.registered, 0) as registered,
        -- Nobody has told yet who came.
        case when counts.attended + counts.no_show > 0 then counts.attended end as attended,
        case when counts.attended + counts.no_show > 0 then counts.no_show end as no_show,
        case when counts.attended + counts.no_show > 0 then counts.enrolled end as enrolled,
        {{ money_sum('coalesce(own_costs.amount, 0) + coalesce(shared_costs.amount, 0)') }} as cost
    from dated
    left join invitations on dated.event_name = invitations.event_name and dated.starts_at = invitations.starts_at
    left join counts on dated.event_name = counts.event_name and dated.starts_at = counts.starts_at
    left join own_costs on dated.event_name = own_costs.event_name and dated.starts_at = own_costs.starts_at
    left join shared_costs on dated.event_name = shared_costs.event_name and dated.starts_at = shared_costs.starts_at
)

select
    event_name,
    event_kind,
    starts_at,
    city,
    month as period,
    {% for count in ['invited', 'written_to', 'registered', 'attended', 'no_show', 'enrolled'] -%}
    cast({{ count }} as bigint) as {{ count }},
    {% endfor -%}
    cost,
    {% for count in ['invited', 'registered', 'attended', 'enrolled'] -%}
    case when {{ count }} > 0 and cost <> 0 then cast(cost as double) / {{ count }} end as cost_per_{{ count }},
    {% endfor -%}
    {{ company('currency') }} as currency,
    starts_at <= {{ as_of() }} as is_over
from figures
