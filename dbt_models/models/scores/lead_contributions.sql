-- One row per person and rule that gave or took points, and, where a family's sum or the whole goes beyond its bounds, per bound what
-- it takes or gives back (`cap:<family>`, `scale`): the sum of a person's rows is the score.
with earned as (
    select * from {{ ref('lead_rule_points') }}
),

by_family as (
    select profile_id, family, axis, cast(sum(points) as decimal(18, 4)) as points
    from earned
    group by 1, 2, 3
),

bounded as (
    select
        by_family.profile_id,
        by_family.family,
        by_family.axis,
        by_family.points,
        families.min_points,
        families.max_points,
        -- A bound that is not there bounds nothing.
        cast(greatest(least(by_family.points, families.max_points), families.min_points) as decimal(18, 4)) as kept
    from by_family
    inner join {{ ref('lead_families') }} as families on by_family.family = trim(families.family)
),

totals as (
    select
        profile_id,
        cast(sum(kept) as decimal(18, 4)) as points,
        cast(greatest(least(sum(kept), 100), 0) as decimal(18, 4)) as kept
    from bounded
    group by 1
)

select profile_id, rule_id, family, axis, points, evidence
from earned
union all
select
    profile_id,
    'cap:' || family,
    family,
    axis,
    cast(kept - points as decimal(18, 4)),
    {{ json_object({'sum': 'cast(points as string)', 'bound': 'cast(kept as string)'}) }}
from bounded
where kept <> points
union all
select
    profile_id,
    'scale',
    'scale',
    null,
    cast(kept - points as decimal(18, 4)),
    {{ json_object({'sum': 'cast(points as string)', 'bound': 'cast(kept as string)'}) }}
from totals
where kept <> points
