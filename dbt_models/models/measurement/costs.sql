-- One row per day, channel, campaign and kind of cost: what marketing cost, in the company's currency.
-- Every cost stands here once: what an ad account reports is not counted again from the platform's invoice (see cost_gaps).
-- What an ad account showed stands here too where no exchange rate tells what it cost: its amount is empty.
-- A cost that names a channel and no campaign is the channel's alone; one that names neither, nobody's (channel `unattributed`).
{% set by = ['day', 'channel', 'campaign_key', 'campaign_id', 'campaign', 'platform', 'influencer', 'supplier', 'kind', 'origin', 'currency'] %}

select
    {{ by | join(', ') }},
    {{ money_sum('sum(amount)') }} as amount,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks
from {{ ref('cost_lines') }}
where is_counted or origin = 'ad_spend'
group by {{ by | join(', ') }}, amount is null
