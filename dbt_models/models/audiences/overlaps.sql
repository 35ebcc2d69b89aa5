-- One row per two audiences that speak to people, with the people who are in both now, and the share of the first that they are.
with members as (
    select audience, profile_id from {{ ref('current_members') }} where kind <> 'suppression'
),

sized as (
    select audience, count(*) as members from members group by audience
),

pairs as (
    select one.audience, other.audience as other_audience, count(*) as members_of_both
    from members as one
    inner join members as other on one.profile_id = other.profile_id and one.audience <> other.audience
    group by 1, 2
)

select
    pairs.audience,
    pairs.other_audience,
    pairs.members_of_both,
    round(pairs.members_of_both / cast(sized.members as double), 4) as share
from pairs
inner join sized on pairs.audience = sized.audience
