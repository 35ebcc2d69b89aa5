-- One row per contact of HubSpot, with what Relance makes of the person. HubSpot may keep a property whose cell is empty: whoever objects to
-- profiling is left out, and so in the next file of removals.
select
    scores.*,
    case when silent.profile_id is not null then 'objects to profiling' end as left_out
from {{ ref('contact_scores') }} as scores
left join {{ ref('not_profiled') }} as silent on scores.profile_id = silent.profile_id
where scores.source = 'hubspot'
