-- One row per move of a person from one segment, tier, grade or score to another, newest of the journal included; whoever came or went
-- has not moved. `direction` is up or down where one is better than the other.
{{ config(materialized='view') }}

select
    kind,
    profile_id,
    previous as moved_from,
    value as moved_to,
    case
        when kind in ('customer_tier', 'lead_grade') then case when value < previous then 'up' else 'down' end
        when kind = 'lead_score' then case when cast(value as decimal(18, 4)) > cast(previous as decimal(18, 4)) then 'up' else 'down' end
    end as direction,
    history.at as moved_at,
    run_id,
    position
from {{ ref('history') }} as history
where previous is not null and value is not null and previous <> value
