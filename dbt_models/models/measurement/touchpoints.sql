-- One row per moment at which somebody was touched, of people who may be told apart: visits, clicks in messages, leads, orders and codes,
-- calls to a dedicated number, events attended. What two sources tell of the same moment is one touch.
-- A visit that comes back from the own site or a payment provider, or by a link that has been clicked before, goes on with what brought
-- the person first; only where nothing else is known of them it is a touch, a direct one.
-- The company's own people are left out, as are machines, test orders, and whoever refused trackers: their visits belong to nobody.
{% set tags = told_tags() %}
{% set found = ['channel', 'source', 'medium', 'campaign', 'campaign_key', 'campaign_id', 'influencer', 'platform', 'shared_name'] %}
{% set minutes = 30 * 60 %}
{% set apart = 60 %}
{% set same_number = figures_of('calls.tracking_number') ~ ' = ' ~ figures_of('numbers.number') %}

with people as (
    select identifier_type, identifier, profile_id
    from {{ ref('identifiers') }}
    where {{ is_outsider('profile_id') }}
),

landed as (
    select
        people.profile_id,
        sessions.first_message_id,
        sessions.started_at,
        sessions.ended_at,
        sessions.click_id_type,
        sessions.click_id,
        sessions.utm_source,
        sessions.utm_medium,
        sessions.utm_campaign,
        {{ host_of('sessions.referrer') }} as referrer_host,
        sessions.device like 'u:%' and sessions.page_views = 0 as is_told_by_server
    from {{ ref('sessions') }} as sessions
    inner join people on sessions.identifier_type = people.identifier_type and sessions.identifier = people.identifier
),

visits as (
    select
        'session:' || landed.first_message_id as touch_id,
        landed.profile_id,
        landed.started_at as touched_at,
        landed.ended_at,
        'session' as kind,
        brought.{{ found | join(', brought.') }},
        coalesce({{ tag('landed.utm_campaign') }}, '') as told_campaign,
        cast(null as string) as supplier,
        brought.is_continued or coalesce(clicks.clicked_at < landed.started_at, false) as is_continued
    from landed
    inner join {{ ref('traffic_sources') }} as brought
        on {% for name in tags %}{{ 'and ' if not loop.first }}coalesce(landed.{{ name }}, '') = brought.{{ name }} {% endfor %}
    left join {{ ref('click_ids') }} as clicks on landed.click_id_type = clicks.click_id_type and landed.click_id = clicks.click_id
    -- What a server tells of a login, without a device or a page, is no visit: an order told so would be its own last touch.
    where not (landed.is_told_by_server and (brought.channel = 'direct' or brought.is_continued))
),

-- Clicks in messages. Of several within half an hour in one campaign, the first. A number that costs or codes know goes before what the link
-- says, for many mails may share a link.
message_clicks as (
    select
        'email:' || told.source || ':' || told.event_id as touch_id,
        people.profile_id,
        told.occurred_at,
        'email_click' as kind,
        'email' as channel,
        {{ tag('told.campaign_id') }} as id,
        {{ tag(url_decoded(url_parameter('told.url', 'utm_campaign'))) }} as link,
        {{ tag('told.campaign_name') }} as campaign_name
    from {{ ref('unified_email_events') }} as told
    inner join people on people.identifier_type = 'email' and people.identifier = told.email
    where told.type = 'clicked' and not coalesce(told.is_machine, false)
    union all
    select
        'message:' || told.source || ':' || told.event_id,
        people.profile_id,
        told.occurred_at,
        'message_click',
        told.channel,
        {{ tag('told.campaign_id') }},
        cast(null as string),
        cast(null as string)
    from {{ ref('unified_message_events') }} as told
    inner join people
        on people.identifier_type = case when told.channel = 'push' then 'push_token' else 'phone' end
        and people.identifier = told.identifier
    where told.type = 'clicked'
),

named_clicks as (
    select
        clicks.*,
        numbers.name is not null as is_known_by_id,
        coalesce(numbers.name, clicks.link, clicks.campaign_name, clicks.id, '') as name
    from message_clicks as clicks
    left join {{ ref('campaign_names') }} as numbers on clicks.id = numbers.name and numbers.place = 1
),

clicks as (
    select *
    from named_clicks
    qualify coalesce({{ seconds_between(
        'lag(occurred_at) over (partition by profile_id, channel, name order by occurred_at, touch_id)', 'occurred_at'
    ) }} > {{ minutes }}, true)
),

-- The visit that a click led to, if any, is the same touch: told by the visit where it names a campaign, else by the click. Clocks differ,
-- so that a visit may seem to begin before its click. A visit of another campaign than the link's was led to by something else.
led_to as (
    select
        clicks.touch_id as click_touch,
        visits.touch_id as visit_touch,
        visits.channel = clicks.channel and not visits.is_continued and (clicks.name = '' or visits.campaign <> '' and not clicks.is_known_by_id)
            as is_told
    from clicks
    inner join visits
        on clicks.profile_id = visits.profile_id
        and {{ seconds_between('clicks.occurred_at', 'visits.touched_at') }} between -{{ apart }} and {{ minutes }}
        and (
            visits.channel = 'direct' or visits.is_continued
            or visits.channel = clicks.channel and (visits.told_campaign = '' or clicks.link is null or visits.told_campaign = clicks.link)
        )
    qualify row_number() over (
        partition by visits.touch_id order by abs({{ seconds_between('clicks.occurred_at', 'visits.touched_at') }}), clicks.touch_id
    ) = 1
),

-- Leads and orders that tell what brought them, and leads that were bought.
forms as (
    select
        'lead:' || leads.source || ':' || leads.lead_id as touch_id,
        people.profile_id,
        leads.created_at as touched_at,
        'lead' as kind,
        case when {{ partner_name('leads.supplier') }} <> 'in house' then leads.supplier end as supplier,
        leads.utm_source, leads.utm_medium, coalesce(leads.utm_campaign, leads.campaign) as utm_campaign, leads.click_id_type
    from {{ ref('unified_leads') }} as leads
    inner join people on people.identifier_type = 'lead_id' and people.identifier = {{ account_id('leads.lead_id', 'leads.source') }}
    where leads.created_at is not null
    union all
    select
        'order:' || orders.order_id, orders.profile_id, orders.ordered_at, 'order', null,
        orders.utm_source, orders.utm_medium, orders.utm_campaign, orders.click_id_type
    from {{ ref('person_orders') }} as orders
    where {{ is_outsider('orders.profile_id') }}
),

form_touches as (
    select
        forms.touch_id, forms.profile_id, forms.touched_at, forms.kind,
        case when forms.supplier is not null then 'lead_supplier' else brought.channel end as channel,
        case when forms.supplier is not null then {{ partner_name('forms.supplier') }} else brought.source end as source,
        brought.medium,
        -- A bought lead is its supplier's, whatever campaign it names: no own campaign has the credit, as none has the cost.
        {% for name in ['campaign', 'campaign_key'] -%}
        case when forms.supplier is not null then '' else brought.{{ name }} end as {{ name }},
        {% endfor -%}
        {% for name in ['campaign_id', 'influencer', 'platform', 'shared_name'] -%}
        case when forms.supplier is null then brought.{{ name }} end as {{ name }},
        {% endfor -%}
        forms.supplier
    from forms
    inner join {{ ref('traffic_sources') }} as brought
        on {% for name in tags if name != 'referrer_host' %}coalesce(forms.{{ name }}, '') = brought.{{ name }} and {% endfor %}brought.referrer_host = ''
    where forms.supplier is not null or forms.utm_source is not null or forms.utm_medium is not null or forms.utm_campaign is not null
        or forms.click_id_type is not null
),

-- What a form or an order tells may be known already: shops keep the tag of the first click for months, and tell it of every order. Where
-- the same campaign has touched the person within the look-back, it is that touch.
retold as (
    select distinct form_touches.touch_id
    from form_touches
    cross join {{ source('control', 'measurement') }} as settings
    inner join (
        select profile_id, channel, campaign_key, touched_at from visits where not is_continued
        union all
        select clicks.profile_id, clicks.channel, coalesce(names.campaign_key, clicks.name), clicks.occurred_at
        from clicks
        left join {{ ref('campaign_names') }} as names on clicks.name = names.name and names.place = 1
    ) as seen
        on form_touches.profile_id = seen.profile_id and form_touches.channel = seen.channel
        and form_touches.campaign_key = seen.campaign_key
        and seen.touched_at <= form_touches.touched_at
        and seen.touched_at >= {{ days_before('form_touches.touched_at', 'settings.lookback_days') }}
),

-- Calls to a number of the seed. Numbers of two countries may end alike: they are one only where either is written without its country, and
-- the one that is the same from its first figure goes first.
called as (
    select calls.source, calls.call_id, people.profile_id, calls.occurred_at, numbers.number, numbers.channel, numbers.campaign
    from {{ ref('unified_calls') }} as calls
    inner join people on people.identifier_type = 'phone' and people.identifier = calls.phone
    inner join {{ ref('tracking_numbers') }} as numbers
        on {{ subscriber_number('calls.tracking_number') }} = {{ subscriber_number('numbers.number') }}
        and ({{ same_number }} or not ({{ is_international('calls.tracking_number') }} and {{ is_international('numbers.number') }}))
    where coalesce(calls.direction, 'inbound') = 'inbound'
    qualify row_number() over (
        partition by calls.source, calls.call_id, people.profile_id
        order by case when {{ same_number }} then 0 else 1 end, numbers.number, numbers.channel, numbers.campaign
    ) = 1
),

-- Codes of orders, on the days on which they may be used. Of several sources that tell of one code, whichever tells most.
coded as (
    select orders.order_id, orders.profile_id, orders.ordered_at, orders.code, codes.campaign_id, codes.channel, codes.influencer
    from (
        select distinct orders.order_id, orders.profile_id, orders.ordered_at, upper(trim(used.part)) as code
        from {{ ref('person_orders') }} as orders
        {{ code_rows('orders.coupon_codes', 'used') }}
        where {{ is_outsider('orders.profile_id') }}
    ) as orders
    inner join {{ ref('unified_promo_codes') }} as codes
        on orders.code = codes.code
        and {{ is_code_valid('codes', local_date('orders.ordered_at')) }}
    qualify row_number() over (
        partition by orders.order_id, orders.code
        order by {{ tag('codes.campaign_id') }} nulls last, codes.influencer nulls last, codes.channel nulls last
    ) = 1
),

-- Touches that name their campaign, if any, in one word.
named as (
    select touch_id, profile_id, occurred_at as touched_at, kind, channel, cast(null as string) as source, name, cast(null as string) as influencer
    from clicks
    where touch_id not in (select click_touch from led_to where is_told)
    union all
    -- The credit of a code is its owner's, whoever passed it on. It is used last, after what an order's tag (`order:`) tells.
    select
        'promo_code:' || coded.order_id || ':' || coded.code, coded.profile_id, coded.ordered_at, 'promo_code',
        coalesce(channels.channel, case when coded.influencer is not null then 'influencer' end), lower(coded.code),
        coalesce({{ tag('coded.campaign_id') }}, ''), coded.influencer
    from coded
    left join {{ ref('told_channels') }} as channels on {{ channel_word('coded.channel') }} = channels.word
    union all
    select
        'call:' || called.source || ':' || called.call_id, called.profile_id, called.occurred_at, 'call',
        channels.channel, called.number, coalesce({{ tag('called.campaign') }}, ''), null
    from called
    left join {{ ref('told_channels') }} as channels on {{ channel_word('called.channel') }} = channels.word
    union all
    select
        'attendance:' || attended.source || ':' || attended.registration_id, attended.profile_id, attended.starts_at, 'event', 'event',
        coalesce(lower(trim(attended.event_kind)), 'event'), coalesce({{ tag('attended.event_name') }}, ''), null
    from {{ attendances() }} as attended
    where {{ is_outsider('attended.profile_id') }}
),

named_touches as (
    select
        named.touch_id, named.profile_id, named.touched_at, named.kind,
        coalesce(named.channel, campaigns.channel, case named.kind when 'call' then 'phone' else 'promo_code' end) as channel,
        coalesce(named.source, named.channel) as source,
        named.kind as medium,
        coalesce(campaigns.campaign, named.name) as campaign,
        coalesce(campaigns.campaign_key, named.name) as campaign_key,
        campaigns.campaign_id,
        coalesce(named.influencer, campaigns.influencer) as influencer,
        campaigns.platform,
        case when campaigns.namesakes > 1 then campaigns.name end as shared_name,
        cast(null as string) as supplier
    from named
    left join {{ ref('campaign_names') }} as campaigns on named.name = campaigns.name and campaigns.place = 1
),

known as (
    select touch_id, profile_id, touched_at, kind, {{ found | join(', ') }}, supplier
    from visits
    where not is_continued and touch_id not in (select visit_touch from led_to where not is_told)
    union all
    select touch_id, profile_id, touched_at, kind, {{ found | join(', ') }}, supplier
    from form_touches
    where touch_id not in (select touch_id from retold)
    union all
    select touch_id, profile_id, touched_at, kind, {{ found | join(', ') }}, supplier
    from named_touches
),

returned as (
    select profile_id, touch_id, touched_at
    from visits
    where is_continued and touch_id not in (select visit_touch from led_to)
    qualify row_number() over (partition by profile_id order by touched_at, touch_id) = 1
),

touches as (
    select * from known
    union all
    select
        returned.touch_id, returned.profile_id, returned.touched_at, 'session', 'direct', '(direct)', '(none)', '', '', null, null, null, null, null
    from returned
    left join (
        select profile_id, min(touched_at) as first_at
        from known
        where profile_id in (select profile_id from returned)
        group by profile_id
    ) as firsts on returned.profile_id = firsts.profile_id
    where firsts.first_at is null or returned.touched_at < firsts.first_at
),

-- Once for each touch: an engine works out again what a condition of a join asks of it.
dated as (
    select touches.*, {{ local_date('touches.touched_at') }} as touch_date
    from touches
    cross join {{ source('control', 'today') }} as today
    where touches.touched_at <= today.ends_at
)

select
    touches.touch_id,
    touches.profile_id,
    touches.touched_at,
    touches.touch_date,
    touches.kind,
    touches.channel,
    touches.source,
    touches.medium,
    coalesce(of_day.campaign, touches.campaign) as campaign,
    coalesce(of_day.campaign_key, touches.campaign_key) as campaign_key,
    coalesce(of_day.campaign_id, touches.campaign_id) as campaign_id,
    touches.channel = 'direct' as is_direct,
    touches.influencer,
    touches.supplier
from dated as touches
-- Whose name it was on that day.
left join {{ ref('campaign_names') }} as of_day
    on touches.shared_name = of_day.name and touches.platform = of_day.platform
    and touches.touch_date >= coalesce(of_day.since_day, date '1900-01-01')
    and touches.touch_date < coalesce(of_day.until_day, date '9999-01-01')
