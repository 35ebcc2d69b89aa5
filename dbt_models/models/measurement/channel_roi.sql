-- One row per period and channel: what it cost, what it brought, and what that is per cent. The row `unattributed` holds the revenue that
-- no touch is known for and the costs that name no channel; they do not belong together, so they have no return.
with summed as (
    select
        period_kind,
        period,
        channel,
        {{ returned_sums() | indent(8) }}
    from {{ ref('returns') }}
    group by period_kind, period, channel
)

select
    summed.*,
    {{ return_figures("case when channel <> 'unattributed' then costs end") | indent(4) }}
from summed
cross join (select margin from {{ source('control', 'measurement') }}) as settings
