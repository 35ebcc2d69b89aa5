-- One row per person and company from whose network they visited: where they were, not what they said of themselves.
select
    identifiers.profile_id,
    companies.company,
    companies.domain,
    companies.industry,
    companies.country,
    min(sessions.started_at) as first_seen_at,
    max(sessions.ended_at) as last_seen_at,
    count(*) as sessions,
    cast(sum(sessions.events) as bigint) as events
from {{ ref('sessions') }} as sessions
inner join {{ ref('unified_visitor_companies') }} as companies on sessions.ip = companies.ip
inner join {{ ref('identifiers') }} as identifiers
    on sessions.identifier_type = identifiers.identifier_type and sessions.identifier = identifiers.identifier
group by 1, 2, 3, 4, 5
