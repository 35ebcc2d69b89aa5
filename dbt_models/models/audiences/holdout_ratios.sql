-- One row per audience with a holdout: how many are held out, against how many were to be. A share far from what was asked for
-- (`deviation`, in standard errors) means that people were lost on the way, and that no comparison of the groups holds: a sample-ratio
-- mismatch (Fabijan et al., "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", 2019).
with counted as (
    select
        audience,
        count(*) as members,
        count(*) filter (where holdout) as held_out
    from {{ ref('members') }}
    where not is_of_both
    group by audience
),

asked as (
    select
        audiences.audience,
        -- Drawn for the audience, or for all of them.
        1 - (1 - audiences.holdout_share) * (1 - company.holdout_overall) as share
    from {{ source('control', 'audiences') }} as audiences
    cross join {{ source('control', 'company') }} as company
    where audiences.kind <> 'suppression'
)

select
    counted.audience,
    counted.members,
    counted.held_out,
    asked.share as share_asked,
    (counted.held_out - counted.members * asked.share) / sqrt(counted.members * asked.share * (1 - asked.share)) as deviation
from counted
inner join asked on counted.audience = asked.audience and asked.share > 0
