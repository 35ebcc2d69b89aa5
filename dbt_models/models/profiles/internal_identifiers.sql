-- One row per identifier of a person who is the company's own.
select identifiers.identifier_type, identifiers.identifier
from {{ ref('identifiers') }} as identifiers
inner join {{ ref('internal_people') }} as people on identifiers.profile_id = people.profile_id
