-- One row per cost and day (of ad accounts and leads: per day and campaign): everything that marketing is said to have cost, also what
-- is not counted, with the reason (`gap`). measurement.costs and measurement.cost_gaps are made of it.
-- What covers several days falls to each alike, rounded so that they add up. What lies after the run's day is one row, still to come.
-- A campaign is told by the ad platform's number or by any of its names; of several that share one, the busiest is meant.
{% set own = ['origin', 'reference', 'kind', 'told_campaign', 'told_channel', 'platform', 'influencer', 'supplier', 'told_currency'] %}
-- Listed, and counted all the same.
{% set counted = "('undated', 'dates')" %}

-- What an invoice or account may call a supplier by: no ad platform's name, of which leads are a part of what it was paid for.
with suppliers as (
    select names.name, names.supplier, case when not coalesce(channels.is_platform, false) then names.name end as payee
    from {{ ref('supplier_names') }} as names
    left join {{ ref('told_channels') }} as channels on {{ channel_word('names.name') }} = channels.word
),

spent as (
    select
        ads.date as day,
        ads.platform,
        ads.campaign_id as told_key,
        case when ads.campaign_id is null then coalesce({{ tag('ads.utm_campaign') }}, {{ tag('ads.campaign_name') }}) end as told_campaign,
        coalesce(of_platform.supplier, of_campaign.supplier) as supplier,
        ads.currency as told_currency,
        {{ money_sum('sum(ads.spend)') }} as told_amount,
        {{ money_sum('sum(case when ads.spend = 0 then 0 else ads.spend_company end)') }} as amount,
        sum(ads.impressions) as impressions,
        sum(ads.clicks) as clicks
    from {{ ref('unified_ad_spend') }} as ads
    left join suppliers as of_platform on {{ partner_name('ads.platform') }} = of_platform.payee
    left join suppliers as of_campaign on {{ partner_name('coalesce(ads.campaign_name, ads.campaign_id)') }} = of_campaign.payee
    group by 1, 2, 3, 4, 5, 6, ads.spend_company is null and ads.spend <> 0
),

codes as (
    select
        {{ partner_name('influencer') }} as name,
        min(cast(valid_from as date)) as first_on,
        case when count(distinct campaign_id) = 1 then {{ tag('min(campaign_id)') }} end as told_campaign
    from {{ ref('unified_promo_codes') }}
    where influencer is not null
    group by 1
),

-- Leads carry no currency: what is paid for them is told in the company's. Those of a supplier are the supplier's, whatever campaign they name.
lead_costs as (
    select
        {{ local_date('leads.created_at') }} as day,
        case when suppliers.supplier is null then coalesce({{ tag('leads.utm_campaign') }}, {{ tag('leads.campaign') }}) end as told_campaign,
        suppliers.supplier,
        {{ money_sum('sum(leads.cost)') }} as amount
    from {{ ref('unified_leads') }} as leads
    left join suppliers on {{ partner_name('leads.supplier') }} = suppliers.name
    where leads.cost <> 0
    group by 1, 2, 3
),

booked as (
    select
        'marketing_costs' as origin,
        told.cost_id as reference,
        case when told.kind in ('media', 'creative', 'salary', 'tool') then told.kind else 'other' end as kind,
        case when coalesce(of_channel.supplier, of_campaign.supplier) is null then {{ tag('told.campaign_id') }} end as told_campaign,
        case when coalesce(of_channel.supplier, of_campaign.supplier) is null then told.channel else 'lead_supplier' end as told_channel,
        cast(null as string) as platform,
        cast(null as string) as influencer,
        coalesce(of_channel.supplier, of_campaign.supplier) as supplier,
        told.currency as told_currency,
        told.starts_on as first_on,
        case when told.ends_on > told.starts_on then {{ days_between('told.starts_on', 'told.ends_on') }} else 0 end + 1 as days,
        case
            when told.share < 0 or told.share > 1 then 'share'
            when told.ends_on < told.starts_on then 'dates'
        end as mistake,
        {% for name in ['amount', 'amount_company'] -%}
        cast(round(
            cast(told.{{ name }} as decimal(22, 4)) * cast(case when told.share between 0 and 1 then told.share else 1 end as decimal(16, 4)), 4
        ) as decimal(18, 4)) as {{ {'amount': 'told_amount', 'amount_company': 'amount'}[name] }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('unified_marketing_costs') }} as told
    left join suppliers as of_channel on {{ partner_name('told.channel') }} = of_channel.payee
    left join suppliers as of_campaign on {{ partner_name('told.campaign_id') }} = of_campaign.payee
    union all
    select
        'influencers', influencers.influencer, 'media', codes.told_campaign, 'influencer', influencers.platform,
        influencers.influencer, null, influencers.currency, coalesce(influencers.contract_signed_on, codes.first_on), 1,
        case when coalesce(influencers.contract_signed_on, codes.first_on) is null then 'undated' end,
        influencers.fee, influencers.fee_company
    from {{ ref('unified_influencers') }} as influencers
    left join codes on {{ partner_name('influencers.influencer') }} = codes.name
    where influencers.fee <> 0
    union all
    select
        'leads', null, 'media', told_campaign, case when supplier is not null then 'lead_supplier' end, null, null, supplier,
        {{ company('currency') }}, day, 1, null, amount, amount
    from lead_costs
),

-- What a cost that is an influencer's may name: the influencer, or the campaign of the code.
fees as (
    select {{ partner_name('influencer') }} as name from booked where origin = 'influencers'
    union
    select {{ partner_name('told_campaign') }} from booked where origin = 'influencers'
),

-- A fee that is booked as a cost as well: of costs for influencers, as many as there are fees of that amount in that month.
whole as (
    select
        {{ (own + ['first_on', 'days', 'told_amount', 'amount']) | join(', ') }},
        case
            when mistake is null and may_be_fee = 1 and sum(is_fee) over same_amount
                >= row_number() over (partition by told_amount, told_currency, month, may_be_fee order by first_on, reference) then 'told_by_fee'
            else mistake
        end as mistake
    from (
        select
            booked.*,
            date_trunc('month', booked.first_on) as month,
            case when booked.origin = 'influencers' then 1 else 0 end as is_fee,
            case
                when booked.origin = 'marketing_costs' and booked.kind in ('media', 'other') and booked.told_amount > 0
                    and (fees.name is not null or {{ channel_word('booked.told_channel') }} = 'influencer') then 1
                else 0
            end as may_be_fee
        from booked
        left join fees on {{ partner_name('booked.told_campaign') }} = fees.name
    ) as marked
    window same_amount as (partition by told_amount, told_currency, month)
),

-- Days of it that are over or under way.
elapsed as (
    select
        whole.*,
        today.as_of_date,
        case
            when whole.first_on is null then 1
            when whole.first_on > today.as_of_date then 0
            else least({{ days_between('whole.first_on', 'today.as_of_date') }} + 1, whole.days)
        end as elapsed
    from whole
    cross join {{ source('control', 'today') }} as today
),

spread as (
    select
        {{ own | join(', ') }},
        cast(null as string) as told_key,
        case
            when steps.number <= elapsed then {{ date_after('first_on', 'steps.number - 1') }}
            when elapsed = 0 then first_on
            else {{ date_after('as_of_date', '1') }}
        end as day,
        case when steps.number > elapsed and coalesce(mistake, 'dates') = 'dates' then 'to_come' else mistake end as gap,
        {% for name in ['told_amount', 'amount'] -%}
        case
            when steps.number <= elapsed then {{ part_of_total(name, 'steps.number', 'days') }}
            else cast({{ name }} - {{ up_to(name, 'elapsed', 'days', 'decimal(18, 4)') }} as decimal(18, 4))
        end as {{ name }},
        {% endfor -%}
        cast(null as bigint) as impressions,
        cast(null as bigint) as clicks
    from elapsed
    {{ number_rows('least(elapsed + 1, days)', 'steps') }}
),

told as (
    select * from spread
    union all
    select
        'ad_spend', null, 'media', told_campaign, case when supplier is not null then 'lead_supplier' end, platform, null, supplier, told_currency, told_key,
        day, null, told_amount, amount, impressions, clicks
    from spent
),

named as (
    select
        told.*,
        coalesce(told.told_key, names.campaign_key, told.told_campaign, '') as campaign_key,
        channels.channel as channel_told,
        channels.source as source_told,
        platforms.channel as channel_of_platform,
        platforms.source as platform_source
    from told
    left join {{ ref('told_channels') }} as channels on {{ channel_word('told.told_channel') }} = channels.word
    left join {{ ref('told_channels') }} as platforms on {{ channel_word('told.platform') }} = platforms.word
    left join {{ ref('campaign_names') }} as names on told.told_campaign = names.name and names.place = 1
),

-- The months of which an ad account tells what a campaign, a platform, or a supplier cost; and those of which a supplier's leads do.
accounts as (
    {% for name in ['campaign_key', 'platform_source', 'supplier'] -%}
    select '{{ name }}' as told_by, {{ name }} as name, date_trunc('month', day) as month
    from named
    where origin = 'ad_spend' and {{ name }} <> '' and amount > 0
    union
    {% endfor -%}
    select 'leads', supplier, date_trunc('month', day)
    from named
    where origin = 'leads' and supplier is not null and amount > 0
),

judged as (
    select
        named.*,
        case
            when named.gap not in {{ counted }} then named.gap
            when named.amount is null and named.told_amount <> 0 then 'no_rate'
            -- The invoice of the platform, beside the account: the same money. A credit note, below zero, corrects what the account told.
            when named.origin in ('marketing_costs', 'leads') and named.kind = 'media' and named.amount > 0
                and (of_campaign.month is not null and coalesce(named.channel_told = campaigns.channel, true)
                    or of_platform.month is not null or of_supplier.month is not null) then 'told_by_account'
            when named.origin = 'marketing_costs' and named.kind in ('media', 'other') and named.amount > 0
                and of_leads.month is not null then 'told_by_leads'
            else named.gap
        end as why_not
    from named
    left join {{ ref('campaigns') }} as campaigns on named.campaign_key = campaigns.campaign_key
    left join accounts as of_campaign
        on of_campaign.told_by = 'campaign_key' and named.campaign_key = of_campaign.name and date_trunc('month', named.day) = of_campaign.month
    -- An invoice that names no campaign but the platform.
    left join accounts as of_platform
        on of_platform.told_by = 'platform_source' and named.campaign_key = '' and named.source_told = of_platform.name
        and date_trunc('month', named.day) = of_platform.month
    left join accounts as of_supplier
        on of_supplier.told_by = 'supplier' and named.supplier = of_supplier.name and date_trunc('month', named.day) = of_supplier.month
    left join accounts as of_leads
        on of_leads.told_by = 'leads' and named.supplier = of_leads.name and date_trunc('month', named.day) = of_leads.month
)

select
    judged.origin,
    judged.reference,
    judged.day,
    coalesce(
        judged.channel_told, campaigns.channel, judged.channel_of_platform,
        case when judged.origin = 'ad_spend' then 'other' else 'unattributed' end
    ) as channel,
    judged.campaign_key,
    campaigns.campaign_id,
    coalesce(campaigns.campaign, judged.campaign_key) as campaign,
    coalesce(judged.platform, campaigns.platform) as platform,
    judged.influencer,
    judged.supplier,
    judged.kind,
    case when judged.told_amount = 0 then judged.told_amount else judged.amount end as amount,
    {{ company('currency') }} as currency,
    judged.told_amount,
    judged.told_currency,
    judged.impressions,
    judged.clicks,
    judged.why_not as gap,
    judged.why_not is null or judged.why_not in {{ counted }} as is_counted
from judged
left join {{ ref('campaigns') }} as campaigns on judged.campaign_key = campaigns.campaign_key
