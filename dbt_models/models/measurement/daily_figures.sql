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

-- What became of messages, once a day: opens by machines (privacy proxies, scanners) are none, and of whoever did not allow e-mail
-- tracking nobody may know whether they opened.
email_told as (
    select distinct
        told.email,
        coalesce(told.campaign_id, told.event_id) as message,
        told.type,
        {{ local_date('told.occurred_at') }} as day,
        tracking.identifier is not null as is_trackable
    from {{ ref('unified_email_events') }} as told
    left join (
        select distinct identifier
        from {{ ref('identifier_consents') }}
        where purpose = 'email_tracking' and identifier_type = 'email' and status = 'granted'
    ) as tracking on told.email = tracking.identifier
    where {{ is_borne_by_outsider("'email'", 'told.email') }}
      and (
          told.type in ('delivered', 'unsubscribed')
          or told.type = 'opened' and tracking.identifier is not null and not coalesce(told.is_machine, false)
      )
),

-- An answer belongs to the day of the last delivery of its message until then, if that is told at all.
email_answers as (
    select answers.email, answers.message, answers.type, answers.is_trackable, coalesce(max(deliveries.day), answers.day) as day
    from email_told as answers
    left join email_told as deliveries
        on answers.email = deliveries.email and answers.message = deliveries.message
        and deliveries.type = 'delivered' and deliveries.day <= answers.day
    where answers.type <> 'delivered'
    group by answers.email, answers.message, answers.type, answers.is_trackable, answers.day
),

-- A message opened on several days is one message opened.
emails as (
    select email, message, type, is_trackable, day from email_told where type = 'delivered'
    union all
    select distinct email, message, type, is_trackable, day from email_answers
),

sales as (
    select
        {{ local_date('conversions.occurred_at') }} as day,
        conversions.net_company,
        not {{ sold_off_site('conversions.channel') }} as is_on_site
    from {{ ref('conversions') }} as conversions
    where conversions.kind = 'purchase'
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
    {{ daily_measures('visits', 'event_date', {
        'visits': 'sum(case when is_visit then 1 else 0 end)',
        'bounces': 'sum(case when is_visit and seconds <= 10 and page_views < 2 then 1 else 0 end)',
        'visit_seconds': 'sum(case when is_visit then seconds else 0 end)',
        'logins': "sum(case when is_visit and identifier_type = 'user_id' then 1 else 0 end)",
    }, 'channel') }}
    union all
    {{ daily_measures('signed_up', 'event_date', {'sign_ups': 'sum(times)'}, 'channel') }}
    union all
    {{ daily_measures('leads', 'day', {'leads': 'count(*)'}, 'channel') }}
    union all
    {{ daily_measures(ref('acquired_customers'), 'acquired_on', {
        'new_customers': 'count(*)',
        'new_customers_on_site': 'sum(case when is_won_on_site then 1 else 0 end)',
        'valued_customers': 'count(lifetime_value)',
        'lifetime_value': 'coalesce(sum(lifetime_value), 0)',
    }, 'channel') }}
    union all
    {{ daily_measures(ref('costs'), 'day', {
        'cost': 'sum(amount)',
        'ad_spend': "coalesce(sum(case when origin = 'ad_spend' then amount end), 0)",
        'impressions': 'coalesce(sum(impressions), 0)',
        'clicks': 'coalesce(sum(clicks), 0)',
    }, 'channel') }}
    union all
    {{ daily_measures('sales', 'day', {
        'sales': 'count(*)',
        'priced_sales': 'count(net_company)',
        'sales_on_site': 'sum(case when is_on_site then 1 else 0 end)',
        'revenue': 'coalesce(sum(net_company), 0)',
    }) }}
    union all
    {{ daily_measures('emails', 'day', {
        'emails_delivered': "sum(case when type = 'delivered' then 1 else 0 end)",
        'emails_trackable': "sum(case when type = 'delivered' and is_trackable then 1 else 0 end)",
        'emails_opened': "sum(case when type = 'opened' then 1 else 0 end)",
        'unsubscribes': "sum(case when type = 'unsubscribed' then 1 else 0 end)",
    }) }}
    union all
    {{ daily_measures(ref('unified_referrals'), local_date('created_at'), {'referrals': 'count(*)'}, where=
        is_borne_by_outsider("'email'", 'told.referrer') ~ ' and ' ~ is_borne_by_outsider("'customer_id'", account_id('told.referrer', 'told.source'))
    ) }}
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
cross join {{ source('control', 'run') }} as run
where figures.day <= run.as_of_date and figures.amount <> 0
