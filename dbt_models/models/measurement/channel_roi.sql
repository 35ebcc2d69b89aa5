-- One row per period and channel: what it cost, what it brought, and what that is per cent. The row `unattributed` holds the revenue that
-- no touch is known for and the costs that name no channel; they do not belong together, so they have no return. Nor has a channel that nobody
-- can be followed from: what it brought stands with others (measurement.uplift estimates it).
with summed as (
    select
        period_kind,
        period,
        channel,
        {{ returned_sums() | indent(8) }}
    from {{ ref('returns') }}
    group by period_kind, period, channel
),

told as (
    select channel, max(case when is_followed then 1 else 0 end) = 1 as is_followed
    from {{ ref('told_channels') }}
    where is_followed is not null
    group by channel
),

tracked as (
    select distinct channel from {{ ref('campaigns') }} where is_tracked
)

select
    summed.*,
    {{ return_figures(
        "case when summed.channel <> 'unattributed'
        and coalesce(told.is_followed, tracked.channel is not null or summed.touches > 0 or summed.revenue <> 0) then costs end"
    ) | indent(4) }}
from summed
left join told on summed.channel = told.channel
left join tracked on summed.channel = tracked.channel
cross join (select margin from {{ source('control', 'measurement') }}) as settings
