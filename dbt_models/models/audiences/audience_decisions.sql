-- One row per audience and candidate: in or out, and the one thing that kept them out.
-- An exclusion looks at who meets another audience's clauses, whatever that audience excludes itself. Of audiences that
-- exclude each other by group, the one that comes first has the person; of one offer, retargeting speaks before remarketing, since
-- who shows interest need not be brought back.
{{ config(alias='decisions') }}

with candidates as (
    select audience, profile_id, clauses, clauses_met, blocked_by from {{ ref('audience_candidates') }}
),

audiences as (
    select * from {{ source('control', 'audiences') }}
),

excluded as (
    select
        standing.audience,
        standing.profile_id,
        min_by(exclusions.excludes, exclusions.position) as excluded_by
    from candidates as standing
    inner join {{ source('control', 'audience_exclusions') }} as exclusions on standing.audience = exclusions.audience
    inner join candidates as others
        on exclusions.excludes = others.audience and standing.profile_id = others.profile_id and others.blocked_by is null
    where standing.blocked_by is null
    group by 1, 2
),

after_exclusions as (
    select
        candidates.audience,
        candidates.profile_id,
        candidates.clauses,
        candidates.clauses_met,
        coalesce(candidates.blocked_by, 'excluded:' || excluded.excluded_by) as blocked_by
    from candidates
    left join excluded on candidates.audience = excluded.audience and candidates.profile_id = excluded.profile_id
),

first_of_group as (
    select
        standing.profile_id,
        audiences.exclusive,
        {{ oldest_of('standing.audience', ['audiences.priority', 'standing.audience']) }} as audience
    from after_exclusions as standing
    inner join audiences on standing.audience = audiences.audience and audiences.exclusive is not null
    where standing.blocked_by is null
    group by 1, 2
),

after_groups as (
    select
        decided.audience,
        decided.profile_id,
        decided.clauses,
        decided.clauses_met,
        case
            when decided.blocked_by is null and winners.audience <> decided.audience then 'priority:' || winners.audience
            else decided.blocked_by
        end as blocked_by
    from after_exclusions as decided
    inner join audiences on decided.audience = audiences.audience
    left join first_of_group as winners on audiences.exclusive = winners.exclusive and decided.profile_id = winners.profile_id
),

offers as (
    select candidates.audience, candidates.profile_id, audiences.kind, offered.part as product_id
    from {{ ref('audience_candidates') }} as candidates
    inner join after_groups as decided
        on candidates.audience = decided.audience and candidates.profile_id = decided.profile_id and decided.blocked_by is null
    inner join audiences on candidates.audience = audiences.audience
    {{ list_rows('candidates.offers', 'offered') }}
    where candidates.offers is not null
),

told_twice as (
    select bringing_back.audience, bringing_back.profile_id, min(interest.audience) as audience_of_interest
    from offers as bringing_back
    inner join offers as interest
        on bringing_back.profile_id = interest.profile_id and bringing_back.product_id = interest.product_id and interest.kind = 'retargeting'
    where bringing_back.kind = 'remarketing'
    group by 1, 2
)

select
    decided.audience,
    decided.profile_id,
    decided.blocked_by is null and told_twice.audience_of_interest is null as included,
    coalesce(decided.blocked_by, 'same_offer:' || told_twice.audience_of_interest) as blocked_by,
    decided.clauses,
    decided.clauses_met
from after_groups as decided
left join told_twice on decided.audience = told_twice.audience and decided.profile_id = told_twice.profile_id
