-- One row per change of a person's segment, tier, grade or score: a journal, kept for ever. `value` is what holds from then on, NULL
-- when it ends; `points` is by how much a score changed, so that a person's rows of a score always sum to it. Somebody who got another
-- profile_id goes on under the new name, with what they had before as `previous`.
-- depends_on: {{ ref('profile_changes') }}, {{ ref('profiles') }}
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}

with standing as (
    select 'rfm_segment' as kind, profile_id, rfm_segment as value, cast(null as decimal(18, 4)) as score from {{ ref('rfm') }}
    union all
    select 'customer_tier', profile_id, cast(tier as string), null from {{ ref('customers') }}
    union all
    select 'lead_grade', profile_id, grade, null from {{ ref('leads') }}
    union all
    select 'lead_score', profile_id, cast(score as string), score from {{ ref('leads') }}
),

{% if is_incremental() %}
latest as (
    select kind, profile_id, value, score
    from (
        select
            kind,
            profile_id,
            value,
            cast(sum(points) over (partition by kind, profile_id) as decimal(18, 4)) as score,
            row_number() over (partition by kind, profile_id order by position desc) as age
        from {{ this }}
    ) as told
    where age = 1 and value is not null
),

renamed as (
    {{ renamed_people() }}
),

-- Of several who became one, the one that kept the name, else the first by name.
former as (
    select
        latest.kind,
        renamed.profile_id,
        min(latest.profile_id) as old_profile_id,
        {{ oldest('latest.value', 'latest.profile_id') }} as value
    from latest
    inner join renamed on latest.profile_id = renamed.old_profile_id
    group by 1, 2
),

last_position as (
    select coalesce(max(position), 0) as position from {{ this }}
),
{% else %}
latest as (
    select kind, profile_id, value, score from standing where false
),

former as (
    select kind, profile_id, cast(null as string) as old_profile_id, value from standing where false
),

last_position as (
    select 0 as position
),
{% endif %}

changes as (
    select
        coalesce(standing.kind, latest.kind) as kind,
        coalesce(standing.profile_id, latest.profile_id) as profile_id,
        case when latest.profile_id is null then former.old_profile_id end as old_profile_id,
        coalesce(latest.value, former.value) as previous,
        standing.value,
        cast(coalesce(standing.score, 0) - coalesce(latest.score, 0) as decimal(18, 4)) as points
    from standing
    full outer join latest on standing.kind = latest.kind and standing.profile_id = latest.profile_id
    left join former on standing.kind = former.kind and standing.profile_id = former.profile_id
    where standing.value is distinct from latest.value
)

select
    changes.kind,
    changes.profile_id,
    changes.old_profile_id,
    changes.previous,
    changes.value,
    case when changes.kind = 'lead_score' then changes.points end as points,
    run.as_of as at,
    run.run_id,
    last_position.position + 1 as position
from changes
cross join {{ source('control', 'run') }} as run
cross join last_position
