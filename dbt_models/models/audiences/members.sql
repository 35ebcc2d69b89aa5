-- One row per audience and person in it now. Who is in the holdout belongs to the audience and is in no export: a part of all people
-- for all audiences, and a part of each audience, by hashes that stay. A group is drawn by the name of a person: who was in the
-- audience under two names, of which one was held out and the other was not, has been both spoken to and spared (`is_of_both`): they
-- are in no export either, and leave the lift (measurement.holdout_groups).
--
-- Of whom the journal's last word is not that they left, those are the members: it has just been brought up to date with them.
with entries as (
    select audience, profile_id, max_by(entered_at, position) as entered_at
    from {{ ref('membership_changes') }}
    group by 1, 2
    having max_by(change in ('entered', 'renamed_to'), position)
),

drawn as (
    select
        candidates.audience,
        audiences.kind,
        candidates.profile_id,
        entries.entered_at,
        candidates.anchor_at,
        candidates.value,
        candidates.offers,
        candidates.reason,
        candidates.context,
        {{ is_held_out('candidates.audience', 'candidates.profile_id') }} as is_held_out
    from {{ ref('audience_candidates') }} as candidates
    inner join entries on candidates.audience = entries.audience and candidates.profile_id = entries.profile_id
    inner join {{ source('control', 'audiences') }} as audiences on candidates.audience = audiences.audience
    cross join {{ source('control', 'company') }} as company
),

former_names as (
    select distinct earlier.audience, aliases.profile_id, aliases.alias
    from {{ ref('membership_changes') }} as earlier
    inner join {{ ref('aliases') }} as aliases on earlier.profile_id = aliases.alias
    where earlier.change = 'renamed_from'
),

drawn_before as (
    select
        former_names.audience,
        former_names.profile_id,
        max(case when {{ is_held_out('former_names.audience', 'former_names.alias') }} then 1 else 0 end) = 1 as was_held_out,
        max(case when {{ is_held_out('former_names.audience', 'former_names.alias') }} then 0 else 1 end) = 1 as was_not
    from former_names
    inner join {{ source('control', 'audiences') }} as audiences on former_names.audience = audiences.audience
    cross join {{ source('control', 'company') }} as company
    group by 1, 2
)

select
    drawn.audience,
    drawn.kind,
    drawn.profile_id,
    drawn.entered_at,
    drawn.anchor_at,
    drawn.value,
    drawn.offers,
    drawn.reason,
    drawn.context,
    drawn.is_held_out or coalesce(drawn_before.was_held_out, false) as holdout,
    case when drawn.is_held_out then coalesce(drawn_before.was_not, false) else coalesce(drawn_before.was_held_out, false) end as is_of_both
from drawn
left join drawn_before on drawn.audience = drawn_before.audience and drawn.profile_id = drawn_before.profile_id
