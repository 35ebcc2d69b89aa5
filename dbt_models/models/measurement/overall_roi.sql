-- One row per period: all that marketing cost, all that was sold, and what that is per cent.
with summed as (
    select
        period_kind,
        period,
        {{ returned_sums() | indent(8) }}
    from {{ ref('returns') }}
    group by period_kind, period
)

select
    summed.*,
    {{ return_figures() | indent(4) }}
from summed
cross join (select margin from {{ source('control', 'measurement') }}) as settings
