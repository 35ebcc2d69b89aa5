-- One row per audience and person who meets its clauses and is kept out all the same, by what they meet elsewhere.
-- An exclusion looks at who meets another audience's clauses, whatever that audience excludes itself. Of audiences that
-- exclude each other by group, the one that comes first has the person; of one offer, retargeting speaks before remarketing, since
-- who shows interest need not be brought back.
with audiences as (
    select * from {{ source('control', 'audiences') }}
),

standing as (
    select audience, profile_id from {{ ref('audience_candidates') }} where blocked_by is null
),

excluding as (
    select * from standing where audience in (select excludes from {{ source('control', 'audience_exclusions') }})
),

excluded as (
    select
        standing.audience,
        standing.profile_id,
        min_by(exclusions.excludes, exclusions.position) as excluded_by
    from standing
    inner join {{ source('control', 'audience_exclusions') }} as exclusions on standing.audience = exclusions.audience
    inner join excluding as others on exclusions.excludes = others.audience and standing.profile_id = others.profile_id
    group by 1, 2
),

grouped as (
    select standing.audience, standing.profile_id, audiences.exclusive, audiences.priority
    from standing
    inner join audiences on standing.audience = audiences.audience and audiences.exclusive is not null
    left join excluded on standing.audience = excluded.audience and standing.profile_id = excluded.profile_id
    where excluded.profile_id is null
),

winners as (
    select exclusive, profile_id, {{ oldest_of('audience', ['priority', 'audience']) }} as audience
    from grouped
    group by 1, 2
),

outranked as (
    select grouped.audience, grouped.profile_id, winners.audience as outranked_by
    from grouped
    inner join winners on grouped.exclusive = winners.exclusive and grouped.profile_id = winners.profile_id
    where grouped.audience <> winners.audience
),

offering as (
    select candidates.audience, candidates.profile_id, audiences.kind, candidates.offers
    from {{ ref('audience_candidates') }} as candidates
    inner join audiences on candidates.audience = audiences.audience and audiences.kind <> 'suppression'
    left join excluded on candidates.audience = excluded.audience and candidates.profile_id = excluded.profile_id
    left join outranked on candidates.audience = outranked.audience and candidates.profile_id = outranked.profile_id
    where candidates.blocked_by is null and candidates.offers is not null
      and excluded.profile_id is null and outranked.profile_id is null
),

-- Nobody else can hear of one offer twice.
in_both_kinds as (
    select profile_id from offering group by profile_id having min(kind) <> max(kind)
),

offers as (
    select offering.audience, offering.profile_id, offering.kind, offered.part as product_id
    from (select offering.* from offering inner join in_both_kinds on offering.profile_id = in_both_kinds.profile_id) as offering
    {{ list_rows('offering.offers', 'offered') }}
),

told_twice as (
    select bringing_back.audience, bringing_back.profile_id, min(interest.audience) as audience_of_interest
    from offers as bringing_back
    inner join offers as interest
        on bringing_back.profile_id = interest.profile_id and bringing_back.product_id = interest.product_id and interest.kind = 'retargeting'
    where bringing_back.kind = 'remarketing'
    group by 1, 2
)

select audience, profile_id, 'excluded:' || excluded_by as blocked_by from excluded
union all
select audience, profile_id, 'priority:' || outranked_by from outranked
union all
select audience, profile_id, 'same_offer:' || audience_of_interest from told_twice
