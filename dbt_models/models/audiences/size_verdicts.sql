-- One row per audience and run: whether anybody would believe its size, by the bounds that its YAML declares. What it is held against
-- is the last size that was believed, so that a jump does not pass for usual a day later: its full and add files are held back until
-- the bounds say otherwise. How much an audience of few people moves says nothing. A journal.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}
{% set enough_people = 100 %}

with before as (
    {% if is_incremental() -%}
    select audience, {{ newest('believed', 'position') }} as believed
    from {{ this }}
    group by audience
    {%- else -%}
    select cast(null as varchar(1)) as audience, cast(null as bigint) as believed where false
    {%- endif %}
),

last_position as (
    {% if is_incremental() -%}
    select coalesce(max(position), 0) as position from {{ this }}
    {%- else -%}
    select 0 as position
    {%- endif %}
),

judged as (
    select
        sizes.audience,
        sizes.as_of,
        sizes.run_id,
        sizes.members,
        before.believed as believed_before,
        case
            when sizes.members < audiences.least then 'fewer than its least'
            when sizes.members > audiences.most then 'more than its most'
            when before.believed > 0 and sizes.members >= {{ enough_people }} and sizes.members > before.believed * (1 + audiences.grow)
                then 'grown too much'
            when before.believed >= {{ enough_people }} and sizes.members <= before.believed * (1 - audiences.shrink) then 'shrunk too much'
        end as reason
    from {{ ref('sizes') }} as sizes
    inner join {{ source('control', 'run') }} as run on sizes.run_id = run.run_id
    inner join {{ source('control', 'audiences') }} as audiences on sizes.audience = audiences.audience
    left join before on sizes.audience = before.audience
)

select
    judged.audience,
    judged.as_of,
    judged.run_id,
    judged.members,
    judged.believed_before,
    case when judged.reason is null then judged.members else judged.believed_before end as believed,
    judged.reason,
    last_position.position + 1 as position
from judged
cross join last_position
{% if is_incremental() %}
where not exists (select 1 from {{ this }} as past where past.run_id = judged.run_id and past.audience = judged.audience)
{% endif %}
