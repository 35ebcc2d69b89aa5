-- One row per audience and run: how many are in it, how many entered and left since the run before. A journal.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}

with counted as (
    select audience, count(*) as members from {{ ref('members') }} group by 1
),

moved as (
    select
        changes.audience,
        count(*) filter (where changes.change = 'entered') as entered,
        count(*) filter (where changes.change = 'left') as departed
    from {{ ref('membership_changes') }} as changes
    inner join {{ source('control', 'run') }} as run on changes.run_id = run.run_id
    group by 1
)

select
    audiences.audience,
    run.as_of,
    run.run_id,
    coalesce(counted.members, 0) as members,
    coalesce(moved.entered, 0) as entered,
    coalesce(moved.departed, 0) as {{ adapter.quote('left') }}
from {{ source('control', 'audiences') }} as audiences
cross join {{ source('control', 'run') }} as run
left join counted on audiences.audience = counted.audience
left join moved on audiences.audience = moved.audience
{% if is_incremental() %}
where not exists (select 1 from {{ this }} as past where past.run_id = run.run_id and past.audience = audiences.audience)
{% endif %}
