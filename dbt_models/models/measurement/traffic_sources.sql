-- One row per combination of campaign parameters, click id and referrer that brought somebody: its channel by the seed channel_rules, and
-- its campaign. Also one per platform and campaign of the ad accounts, as an advertisement there would be tagged.
-- Channels are worked out here, once per combination; visits, leads and orders only look them up.
{% set tags = told_tags() %}
{% set ruled = ['source', 'medium', 'campaign'] %}
{% set clicks = click_sources() %}

with landed as (
    select utm_source, utm_medium, utm_campaign, click_id_type, {{ host_of('referrer') }} as referrer_host, {{ host_of('landing_url') }} as own_host
    from {{ ref('sessions') }}
    where identifier is not null
),

own_hosts as (
    -- Where the visits are is the company's own site. A host that hardly any of them landed on is a copy or a translation of it.
    select own_host as domain
    from landed
    group by own_host
    having count(*) * 100 >= (select count(*) from landed)
    union
    select domain from {{ source('control', 'own_domains') }}
),

told as (
    select
        {% for name in tags -%}
        coalesce({{ name }}, '') as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select {{ tags | join(', ') }} from landed
        union all
        select utm_source, utm_medium, coalesce(utm_campaign, campaign), click_id_type, null from {{ ref('unified_leads') }}
        union all
        select utm_source, utm_medium, utm_campaign, click_id_type, null from {{ ref('unified_orders') }}
        where utm_source is not null or utm_medium is not null or utm_campaign is not null or click_id_type is not null
        union all
        select platform, 'cpc', coalesce({{ tag('utm_campaign') }}, {{ tag('campaign_name') }}), null, null from {{ ref('unified_ad_spend') }}
    ) as everywhere
    group by 1, 2, 3, 4, 5
),

read as (
    select
        *,
        {% for name in ['source', 'medium', 'campaign'] -%}
        {{ tag('utm_' ~ name) }} as told_{{ name }},
        {% endfor -%}
        {% for part in [0, 1] -%}
        case click_id_type
            {% for name, meaning in clicks.items() -%}
            when '{{ name }}' then '{{ meaning[part] }}'
            {% endfor -%}
        end as {{ ['click_source', 'click_medium'][part] }},
        {% endfor -%}
        nullif(referrer_host, '') as host
    from told
),

hosts as (
    select distinct host from (
        select host from read where host is not null
        union all
        select coalesce(told_source, click_source) from read where coalesce(told_source, click_source) is not null
        union all
        select platform from {{ ref('campaign_names') }} where platform is not null
    ) as all_hosts
),

known as (
    {{ known_hosts('hosts', ref('referrers'), 'referrer', ['kind', 'source']) }}
),

providers as (
    {{ known_hosts('hosts', ref('payment_providers'), 'domain', ['provider']) }}
),

own as (
    {{ known_hosts('hosts', 'own_hosts', 'domain', ['domain']) }}
),

-- What a link says goes before whose click id it carries, and that before where it stood.
judged as (
    select
        {% for name in tags -%}
        read.{{ name }},
        {% endfor -%}
        coalesce(read.told_source, read.click_source, from_host.source, read.host, '(direct)') as source,
        coalesce(
            read.told_medium, read.click_medium, case when from_host.kind = 'search' then 'organic' when read.host is not null then 'referral' end, '(none)'
        ) as medium,
        coalesce(read.told_campaign, '') as campaign,
        case when coalesce(read.told_source, read.click_source) is not null then from_source.kind else from_host.kind end as source_kind,
        coalesce(from_source.source, from_host.source) as known_source,
        read.told_source is null and read.told_medium is null and read.click_source is null as is_unmarked,
        read.told_source is null and read.told_medium is null and read.told_campaign is null and read.click_source is null
            and (providers.host is not null or (own.host is not null and from_host.kind is null)) as is_continued
    from read
    left join known as from_source on coalesce(read.told_source, read.click_source) = from_source.host
    left join known as from_host on read.host = from_host.host
    left join providers on read.host = providers.host
    left join own on read.host = own.host
),

{% for name in ruled %}
{{ name }}_hits as (
    select distinct patterns.position, said.{{ name }}
    from (select distinct {{ name }} from judged) as said
    cross join (
        select rules.position, {{ as_pattern('alternatives.part') }} as pattern
        from {{ ref('channel_rules') }} as rules
        {{ split_rows('rules.' ~ name, 'alternatives') }}
        where rules.{{ name }} is not null
    ) as patterns
    where said.{{ name }} like patterns.pattern escape '!'
),
{% endfor %}

first_rules as (
    select kinds.source_kind, kinds.source, kinds.medium, kinds.campaign, min(rules.position) as position
    from (select distinct coalesce(source_kind, '') as source_kind, source, medium, campaign from judged) as kinds
    cross join {{ ref('channel_rules') }} as rules
    {% for name in ruled -%}
    left join {{ name }}_hits on rules.position = {{ name }}_hits.position and kinds.{{ name }} = {{ name }}_hits.{{ name }}
    {% endfor -%}
    where (rules.source_kind is null or lower(trim(rules.source_kind)) = kinds.source_kind)
      {% for name in ruled -%}
      and (rules.{{ name }} is null or {{ name }}_hits.position is not null)
      {% endfor %}
    group by 1, 2, 3, 4
),

influencers as (
    select name, min(influencer) as influencer
    from (
        select {{ partner_name('influencer') }} as name, trim(influencer) as influencer from {{ ref('unified_influencers') }}
        union all
        select {{ partner_name('influencer') }}, trim(influencer) from {{ ref('unified_promo_codes') }}
    ) as told_of
    group by name
),

-- A campaign is first sought on the platform that the visit came from.
found as (
    select
        judged.*,
        rules.channel as rule_channel,
        names.campaign_key,
        names.campaign_id,
        names.campaign as campaign_name,
        names.platform,
        case when names.namesakes > 1 then names.name end as shared_name,
        names.channel as campaign_channel,
        names.influencer as campaign_influencer,
        platforms.source as campaign_source,
        influencers.influencer
    from judged
    inner join first_rules
        on coalesce(judged.source_kind, '') = first_rules.source_kind and judged.source = first_rules.source
        and judged.medium = first_rules.medium and judged.campaign = first_rules.campaign
    inner join {{ ref('channel_rules') }} as rules on first_rules.position = rules.position
    left join {{ ref('campaign_names') }} as names on judged.campaign = names.name
    left join known as platforms on names.platform = platforms.host
    left join influencers on {{ partner_name('judged.source') }} = influencers.name
    qualify row_number() over (
        partition by judged.{{ tags | join(', judged.') }}
        order by case when platforms.source = judged.known_source then 0 else 1 end, names.place, names.campaign_key
    ) = 1
),

-- The channel of the advertisements of each campaign, for links that name the campaign and nothing else.
advertised as (
    select campaign_key, min(rule_channel) as channel
    from found
    where utm_medium = 'cpc' and utm_source = platform
    group by campaign_key
)

select
    found.{{ tags | join(', found.') }},
    case when found.is_unmarked and found.campaign <> '' then coalesce(found.campaign_source, found.source) else found.source end as source,
    found.medium,
    case
        when found.influencer is not null then 'influencer'
        when found.is_unmarked and found.campaign <> '' 
            then coalesce(found.campaign_channel, advertised.channel, case when found.rule_channel = 'direct' then 'other' else found.rule_channel end)
        else found.rule_channel
    end as channel,
    coalesce(found.campaign_name, found.campaign) as campaign,
    coalesce(found.campaign_key, found.campaign) as campaign_key,
    found.campaign_id,
    found.platform,
    found.shared_name,
    coalesce(found.influencer, found.campaign_influencer, case when found.rule_channel = 'influencer' then found.source end) as influencer,
    found.is_continued
from found
left join advertised on found.campaign_key = advertised.campaign_key
