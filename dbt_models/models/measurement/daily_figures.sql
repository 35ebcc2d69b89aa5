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
cross join {{ source('control', 'run') }} as run
where figures.day <= run.as_of_date and figures.amount <> 0
