-- One row per period and campaign: what it cost, what it brought, and what that is per cent. Its costs and credit count whatever channel
-- they came by; `channel` is the campaign's own. What names no campaign has a row per channel (campaign_key ''), and no return: costs of no
-- campaign and revenue of no campaign do not belong together. Nor has a campaign that nobody can be followed from: what it brought stands with
-- others (measurement.uplift estimates it).
with summed as (
    select
        returns.period_kind,
        returns.period,
        case when returns.campaign_key = '' then returns.channel else coalesce(campaigns.channel, 'other') end as channel,
        returns.campaign_key,
        min(campaigns.campaign_id) as campaign_id,
        coalesce(min(campaigns.campaign), returns.campaign_key) as campaign,
        min(campaigns.platform) as platform,
        coalesce(max(case when campaigns.is_tracked then 1 else 0 end), 0) = 1 as is_tracked,
        {{ returned_sums("returns.campaign_key = '' or max(case when campaigns.is_tracked then 1 else 0 end) = 1") | indent(8) }}
    from {{ ref('returns') }} as returns
    left join {{ ref('campaigns') }} as campaigns on returns.campaign_key = campaigns.campaign_key
    group by 1, 2, 3, 4
)

select
    summed.*,
    {{ return_figures("case when campaign_key <> '' and is_tracked then costs end") | indent(4) }}
from summed
cross join (select margin from {{ source('control', 'measurement') }}) as settings
