-- One row per run that moved somebody, kind and value: how many people held the segment, tier or grade after it.
{{ config(materialized='view') }}

with changes as (
    select kind, position, value, 1 as people from {{ ref('history') }} where value is not null
    union all
    -- Who goes on under another name ended under the former one in a row of its own.
    select kind, position, previous, -1 from {{ ref('history') }} where previous is not null and old_profile_id is null
),

runs as (
    select position, max(history.at) as at from {{ ref('history') }} as history group by position
),

held_values as (
    select distinct kind, value from changes where kind <> 'lead_score'
),

per_run as (
    select kind, value, position, sum(people) as people from changes group by kind, value, position
)

select
    held_values.kind,
    held_values.value,
    runs.at,
    runs.position,
    cast(
        sum(coalesce(per_run.people, 0)) over (partition by held_values.kind, held_values.value order by runs.position) as bigint
    ) as people
from held_values
cross join runs
left join per_run
    on held_values.kind = per_run.kind and held_values.value = per_run.value and runs.position = per_run.position
