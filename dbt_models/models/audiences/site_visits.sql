-- One row per person who was ever on the site: how often, and when the last visit ended.
select
    identifiers.profile_id,
    count(*) as visits,
    max(sessions.ended_at) as last_visit_at
from {{ ref('sessions') }} as sessions
inner join {{ ref('identifiers') }} as identifiers
    on sessions.identifier_type = identifiers.identifier_type and sessions.identifier = identifiers.identifier
group by identifiers.profile_id
