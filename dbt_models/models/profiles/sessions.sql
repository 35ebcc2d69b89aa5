-- One row per visit: consecutive events of one device within one day of the company's time (a visit over midnight counts as two,
-- so that days add up). A visit ends where nothing happened for a while, where another campaign brings the device back, where
-- somebody else logs in or somebody signs out, and where trackers become refused or allowed.
-- It belongs to whoever was logged in, else to the device; what was anonymous at its beginning belongs to the login that follows
-- within it. What happened while trackers were refused is counted, and belongs to nobody.
-- Only what parts the visits goes through the sorting; where a visit came from is fetched afterwards, from its first event alone.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['device', 'event_date'],
    post_hook='{{ drop_excluded_days() }}') }}
{% set by_time = 'partition by device, event_date order by occurred_at, message_id' %}
{% set day = 'partition by device, event_date order by position' %}
{% set campaign = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content', 'click_id_type', 'click_id'] %}
{% set told = [
    '_batch', 'identifier_type', 'identifier', 'started_at', 'ended_at', 'first_message_id', 'last_message_id', 'events', 'page_views',
    'product_views',
] %}
{% set brought = {'landing_url': 'url', 'referrer': 'referrer', 'utm_source': 'utm_source', 'utm_medium': 'utm_medium',
    'utm_campaign': 'utm_campaign', 'click_id_type': 'click_id_type', 'click_id': 'click_id', 'ip': 'ip'} %}

with events as (
    {{ touched_events([
        '_batch', 'anonymous_id', 'user_id', 'event_date', 'occurred_at', 'message_id', 'type', 'event',
    ] + campaign) }}
),

-- Many sites name somebody also where nobody is logged in (`undefined`, `guest`): such a name is no login.
named as (
    select
        events.*,
        case
            when nobody.pattern is null and not {{ is_placeholder("'user_id'", "'account'", 'events.user_id') }} then events.user_id
        end as known_login
    from events
    left join (
        select distinct pattern from {{ ref('blocked_identifiers') }} where identifier_type in ('*', 'user_id')
    ) as nobody on lower(events.user_id) = nobody.pattern
),

-- Whoever signs out is nobody ('') from then on. A login that was seen while trackers were refused is not known afterwards.
followed as (
    select
        _batch,
        device,
        event_date,
        occurred_at,
        message_id,
        anonymous_id,
        is_refused,
        type in ('page', 'screen') as is_page_view,
        event = 'Product Viewed' as is_product_view,
        case when not is_refused then known_login end as own_login,
        case when is_refused then null when event = 'Signed Out' then '' else known_login end as login_after,
        nullif(concat_ws('|', {{ campaign | join(', ') }}), '') as campaign
    from named
),

compared as (
    select
        *,
        row_number() over ({{ by_time }}) as position,
        lag(occurred_at) over ({{ by_time }}) as previous_at,
        {{ last_known('campaign') }} over ({{ by_time }} rows between unbounded preceding and 1 preceding) as previous_campaign
    from followed
),

visits as (
    select
        *,
        sum(case
            when previous_at is null or {{ seconds_between('previous_at', 'occurred_at') }} >= {{ company('session_seconds') }} then 1
            when {{ company('session_by_campaign') }} and campaign <> coalesce(previous_campaign, '') then 1
            else 0
        end) over ({{ day }} rows unbounded preceding) as visit
    from compared
),

-- Who was logged in: NULL where nobody was so far in this visit.
attended as (
    select
        *,
        coalesce(
            own_login,
            {{ last_known('login_after') }} over (
                partition by device, event_date, visit order by position rows between unbounded preceding and 1 preceding
            )
        ) as login
    from visits
),

changes as (
    select
        *,
        case
            when visit = lag(visit) over ({{ day }})
                and coalesce(login, ' ') = lag(coalesce(login, ' ')) over ({{ day }})
                and is_refused = lag(is_refused) over ({{ day }})
                then 0
            else 1
        end as is_change
    from attended
),

stretches as (
    select *, sum(is_change) over ({{ day }} rows unbounded preceding) as stretch
    from changes
),

rolled_up as (
    select
        device,
        event_date,
        stretch,
        max(_batch) as _batch,
        max(visit) as visit,
        max(login) as login,
        max(anonymous_id) as anonymous_id,
        max(case when is_refused then 1 else 0 end) as is_refused,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min_by(message_id, position) as first_message_id,
        max_by(message_id, position) as last_message_id,
        count(*) as events,
        count(*) filter (where is_page_view) as page_views,
        count(*) filter (where is_product_view) as product_views
    from stretches
    group by device, event_date, stretch
),

-- An anonymous beginning becomes part of what follows it in the same visit.
joined as (
    select
        *,
        case
            when login is null and lead(login) over within_visit <> '' and is_refused = lead(is_refused) over within_visit then stretch + 1
            else stretch
        end as session_number
    from rolled_up
    window within_visit as (partition by device, event_date, visit order by stretch)
),

whole as (
    select
        device,
        event_date,
        cast(session_number as integer) as session_number,
        max(_batch) as _batch,
        case
            when max(is_refused) = 1 then 'refused'
            when max(nullif(login, '')) is not null then 'user_id'
            else 'anonymous_id'
        end as identifier_type,
        case when max(is_refused) = 0 then coalesce(max(nullif(login, '')), max(anonymous_id)) end as identifier,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        min_by(first_message_id, stretch) as first_message_id,
        max_by(last_message_id, stretch) as last_message_id,
        cast(sum(events) as bigint) as events,
        cast(sum(page_views) as bigint) as page_views,
        cast(sum(product_views) as bigint) as product_views
    from joined
    group by device, event_date, session_number
)

-- No two events of a device have one time and one id but where a tracker misbehaves or two sources tell the same: seen once here.
select
    whole.device,
    whole.event_date,
    whole.session_number,
    {% for name in told -%}
    any_value(whole.{{ name }}) as {{ name }},
    {% endfor -%}
    {% for name, column in brought.items() -%}
    max(case when whole.identifier_type <> 'refused' then nullif(events.{{ column }}, '') end) as {{ name }}{{ ',' if not loop.last }}
    {% endfor %}
from whole
-- The date lets the engine pass over what is older than all that is asked for.
inner join {{ ref('unified_events') }} as events
    on whole.event_date = events.event_date
    and whole.started_at = events.occurred_at
    and whole.first_message_id = events.message_id
    and whole.device = {{ device_of('events') }}
group by whole.device, whole.event_date, whole.session_number
