-- One row per two audiences that speak to people, with the people who are in both now, and the share of the first that they are.
-- People in the same audiences are counted together before audiences are paired: there are far fewer such sets than people.
with of_a_person as (
    select profile_id, {{ text_list('audience') }} as audiences
    from {{ ref('current_members') }}
    where kind <> 'suppression'
    group by profile_id
),

sets as (
    select audiences, count(*) as people from of_a_person group by audiences
),

ones as (
    select sets.audiences, sets.people, listed.part as audience
    from sets
    {{ list_rows('sets.audiences', 'listed') }}
),

sized as (
    select audience, sum(people) as members from ones group by audience
),

pairs as (
    select one.audience, other.audience as other_audience, cast(sum(one.people) as bigint) as members_of_both
    from ones as one
    inner join ones as other on one.audiences = other.audiences and one.audience <> other.audience
    group by 1, 2
)

select
    pairs.audience,
    pairs.other_audience,
    pairs.members_of_both,
    {{ rounded('pairs.members_of_both / cast(sized.members as double)', 4) }} as share
from pairs
inner join sized on pairs.audience = sized.audience
