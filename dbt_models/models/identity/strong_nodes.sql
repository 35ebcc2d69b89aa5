-- One row per identifier that names a person, numbered for the graph.
select
    row_number() over (order by seen.identifier_type, seen.identifier) as node,
    seen.identifier_type,
    seen.identifier,
    seen.first_seen
from {{ ref('observed_identifiers') }} as seen
left join {{ ref('refused_identifiers') }} as refused
    on seen.identifier_type = refused.identifier_type and seen.identifier = refused.identifier
where seen.identifier_type <> 'anonymous_id' and refused.identifier is null
