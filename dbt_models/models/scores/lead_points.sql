-- One row per person who is scored as a lead or a prospect: the sum of their points, and those for fit and for engagement.
with sums as (
    select
        profile_id,
        cast(sum(points) as decimal(18, 4)) as score,
        cast(coalesce(sum(points) filter (where axis = 'fit'), 0) as decimal(18, 4)) as fit_points,
        cast(coalesce(sum(points) filter (where axis = 'engagement'), 0) as decimal(18, 4)) as engagement_points
    from {{ ref('lead_contributions') }}
    group by 1
)

select
    people.profile_id,
    coalesce(sums.score, cast(0 as decimal(18, 4))) as score,
    coalesce(sums.fit_points, cast(0 as decimal(18, 4))) as fit_points,
    coalesce(sums.engagement_points, cast(0 as decimal(18, 4))) as engagement_points
from {{ ref('lead_people') }} as people
left join sums on people.profile_id = sums.profile_id
where people.is_open
