-- One row per period and channel: what it cost, what it brought, and what that is per cent. The row `unattributed` holds the revenue that
-- no touch is known for and the costs that name no channel; they do not belong together, so they have no return. Nor has a channel that nobody
-- can be followed from: what it brought stands with others (measurement.uplift estimates it).
with told as (
    select channel, max(case when is_followed then 1 else 0 end) as is_followed
    from {{ ref('told_channels') }}
    where is_followed is not null
    group by channel
),

tracked as (
    select distinct channel from {{ ref('campaigns') }} where is_tracked
),

{% set followed = "coalesce(max(told.is_followed), case when max(tracked.channel) is not null or sum(touches) > 0 or sum(revenue) <> 0 then 1 end, 0) = 1" -%}
summed as (
    select
        returns.period_kind,
        returns.period,
        returns.channel,
        {{ followed }} as is_followed,
        {{ returned_sums("returns.channel = 'unattributed' or " ~ followed) | indent(8) }}
    from {{ ref('returns') }} as returns
    left join told on returns.channel = told.channel
    left join tracked on returns.channel = tracked.channel
    group by returns.period_kind, returns.period, returns.channel
)

select
    summed.*,
    {{ return_figures("case when channel <> 'unattributed' and is_followed then costs end") | indent(4) }}
from summed
cross join (select margin from {{ source('control', 'measurement') }}) as settings
