-- One row per day of the company's time, channel and figure: what days, weeks and months are summed from, so that they agree. Figures
-- that no channel is told of have none.
-- Visits of those who refused trackers are traffic, and nobody's: they tell no channel (`unattributed`) and stand in no figure of people.
-- Orders and what is paid for them are those of the books; of what people did, the company's own people are left out.
{% set told_by_outsider %}
{{ is_borne_by_outsider("'email'", 'told.email') }} and {{ is_borne_by_outsider("'customer_id'", account_id('told.customer_id', 'told.source')) }}
{%- endset %}

with visits as (
    select
        sessions.device,
        sessions.event_date,
        sessions.session_number,
        sessions.identifier_type,
        sessions.identifier,
        sessions.started_at,
        sessions.ended_at,
        sessions.page_views,
        {{ seconds_between('sessions.started_at', 'sessions.ended_at') }} as seconds,
        {{ is_on_site('sessions') }} as is_visit,
        case
            when sessions.identifier is null then 'unattributed'
            when brought.is_continued then 'direct'
            else coalesce(brought.channel, 'direct')
        end as channel
    from (select *, {{ host_of('referrer') }} as referrer_host from {{ ref('sessions') }}) as sessions
    left join {{ ref('traffic_sources') }} as brought
        on {% for name in told_tags() %}{{ 'and ' if not loop.first }}coalesce(sessions.{{ name }}, '') = brought.{{ name }} {% endfor %}
    where {{ is_borne_by_outsider('sessions.identifier_type', 'sessions.identifier') }}
),

-- The visit within which a sale was made, or soon after it, while somebody paid elsewhere: a rate per visit counts visits, not what
-- is sold to people whom nobody saw come.
sold_in as (
    select visits.device, visits.event_date, visits.session_number, customers.profile_id is not null as is_first
    from {{ ref('sales') }} as sales
    inner join {{ ref('identifiers') }} as identifiers
        on sales.profile_id = identifiers.profile_id and identifiers.identifier_type in ('user_id', 'anonymous_id')
    inner join visits
        on identifiers.identifier_type = visits.identifier_type and identifiers.identifier = visits.identifier
        and sales.sold_on = visits.event_date and visits.is_visit
        and sales.occurred_at >= visits.started_at
        and {{ seconds_between('visits.ended_at', 'sales.occurred_at') }} < {{ company('session_seconds') }}
    left join {{ ref('acquired_customers') }} as customers on sales.conversion_id = customers.conversion_id
    where sales.is_on_site
    qualify row_number() over (
        partition by sales.conversion_id order by visits.started_at desc, visits.device, visits.session_number
    ) = 1
),

visits_and_sales as (
    select visits.*, sold_in.device is not null as is_selling, coalesce(sold_in.is_winning, false) as is_winning
    from visits
    left join (
        select device, event_date, session_number, bool_or(is_first) as is_winning from sold_in group by 1, 2, 3
    ) as sold_in
        on visits.device = sold_in.device and visits.event_date = sold_in.event_date and visits.session_number = sold_in.session_number
),

-- Whoever signed up did so within a visit.
signed_up as (
    select days.device, days.event_date, days.identifier, days.times, min(visits.channel) as channel
    from {{ ref('event_days') }} as days
    inner join visits
        on days.device = visits.device and days.event_date = visits.event_date and days.identifier = visits.identifier
        and days.identifier_type = visits.identifier_type and days.first_at >= visits.started_at and days.first_at <= visits.ended_at
    where days.event = 'Signed Up'
    group by days.device, days.event_date, days.identifier, days.times
),

-- Whoever unsubscribes without naming a campaign (on the site, or by a link of all messages) does so after the last message delivered.
left_after as (
    select distinct last_one.source, last_one.email, last_one.campaign_id, last_one.day
    from (
        select delivered.source, delivered.email, delivered.campaign_id, delivered.day
        from {{ ref('email_messages') }} as told
        inner join {{ ref('email_messages') }} as delivered
            on told.email = delivered.email and delivered.delivered = 1 and delivered.day <= told.day
        where told.unsubscribed = 1 and told.delivered = 0 and told.campaign_id = ''
        qualify row_number() over (
            partition by told.source, told.email, told.day order by delivered.day desc, delivered.source, delivered.campaign_id
        ) = 1
    ) as last_one
),

-- Of whoever did not allow e-mail tracking nobody may know whether they opened.
emails as (
    select
        messages.day,
        tracking.identifier is not null as is_trackable,
        messages.opened = 1 as is_opened,
        messages.unsubscribed = 1 or left_after.email is not null as is_last
    from {{ ref('email_messages') }} as messages
    left join (
        select distinct identifier
        from {{ ref('identifier_consents') }}
        where purpose = 'email_tracking' and identifier_type = 'email' and status = 'granted'
    ) as tracking on messages.email = tracking.identifier
    left join left_after
        on messages.source = left_after.source and messages.email = left_after.email
        and messages.campaign_id = left_after.campaign_id and messages.day = left_after.day
    where messages.delivered = 1 and {{ is_borne_by_outsider("'email'", 'messages.email') }}
),

asked as (
    select conversions.conversion_id, conversions.profile_id, conversions.occurred_at as won_at
    from {{ ref('conversions') }} as conversions
    where conversions.kind = 'lead' and {{ is_outsider('conversions.profile_id') }}
),

leads as (
    select {{ local_date('asked.won_at') }} as day, coalesce(touches.channel, 'unattributed') as channel
    from asked
    left join (
        {{ winning_touches('asked') }}
    ) as touches on asked.conversion_id = touches.conversion_id
),

figures as (
    -- A visit that was not engaged bounced: not longer than ten seconds, and one page or screen at most
    -- (support.google.com/analytics/answer/12195621; a key event engages too, and takes longer than that).
    {{ daily_measures('visits_and_sales', 'event_date', {
        'visits': 'sum(case when is_visit then 1 else 0 end)',
        'bounces': 'sum(case when is_visit and seconds <= 10 and page_views < 2 then 1 else 0 end)',
        'visit_seconds': 'sum(case when is_visit then seconds else 0 end)',
        'visits_followed': 'sum(case when is_visit and identifier is not null then 1 else 0 end)',
        'visits_selling': 'sum(case when is_selling then 1 else 0 end)',
        'visits_winning': 'sum(case when is_winning then 1 else 0 end)',
        'logins': "sum(case when is_visit and identifier_type = 'user_id' then 1 else 0 end)",
    }, 'channel') }}
    union all
    {{ daily_measures('signed_up', 'event_date', {'sign_ups': 'sum(times)'}, 'channel') }}
    union all
    {{ daily_measures('leads', 'day', {'leads': 'count(*)'}, 'channel') }}
    union all
    {{ daily_measures(ref('acquired_customers'), 'acquired_on', {
        'new_customers': 'count(*)',
        'valued_customers': 'count(lifetime_value)',
        'lifetime_value': 'coalesce(sum(lifetime_value), 0)',
    }, 'channel') }}
    union all
    -- A price per click is that of what tells its clicks and what they cost: elsewhere they are unknown, not none.
    {{ daily_measures(ref('costs'), 'day', {
        'cost': 'coalesce(sum(amount), 0)',
        'click_spend': 'coalesce(sum(case when clicks is not null then amount end), 0)',
        'impression_spend': 'coalesce(sum(case when impressions is not null then amount end), 0)',
        'priced_impressions': 'coalesce(sum(case when amount is not null then impressions end), 0)',
        'impressions_of_clicked': 'coalesce(sum(case when clicks is not null then impressions end), 0)',
        'priced_clicks': 'coalesce(sum(case when amount is not null then clicks end), 0)',
        'clicks_of_shown': 'coalesce(sum(case when impressions is not null then clicks end), 0)',
    }, 'channel') }}
    union all
    {{ daily_measures(ref('sales'), 'sold_on', {
        'sales': 'count(*)',
        'priced_sales': 'count(net_company)',
        'revenue': 'coalesce(sum(net_company), 0)',
    }) }}
    union all
    {{ daily_measures('emails', 'day', {
        'emails_delivered': 'count(*)',
        'emails_trackable': 'sum(case when is_trackable then 1 else 0 end)',
        'emails_opened': 'sum(case when is_trackable and is_opened then 1 else 0 end)',
        'unsubscribes': 'sum(case when is_last then 1 else 0 end)',
    }) }}
    union all
    {{ daily_measures(ref('referrals'), local_date('created_at'), {'referrals': 'count(*)'}) }}
    union all
    {{ daily_measures(ref('unified_reviews'), local_date('created_at'), {
        'reviews': 'count(*)', 'ratings': 'count(rating)', 'rating_sum': 'coalesce(sum(rating), 0)',
    }, where=told_by_outsider) }}
    union all
    -- Nine and ten promote, up to six detract (Reichheld, The One Number You Need to Grow, Harvard Business Review, December 2003).
    {{ daily_measures(ref('unified_surveys'), local_date('answered_at'), {
        'answers': 'count(score)',
        'net_promoters': 'coalesce(sum(case when score >= 9 then 1 when score < 7 then -1 else 0 end), 0)',
    }, where=told_by_outsider) }}
    union all
    {{ daily_measures(ref('unified_social_interactions'), local_date('occurred_at'), {
        'social_mentions': "sum(case when lower(trim(kind)) = 'mention' then 1 else 0 end)",
    }, where=is_borne_by_outsider("'email'", 'told.email')) }}
)

select figures.day, figures.channel, figures.measure, figures.amount
from figures
cross join {{ source('control', 'today') }} as today
where figures.day <= today.as_of_date and figures.amount <> 0
