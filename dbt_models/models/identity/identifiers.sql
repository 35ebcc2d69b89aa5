-- One row per identifier: the person it belongs to.
-- depends_on: {{ ref('profile_changes') }}
select identifier_type, identifier, profile_id, first_seen
from {{ ref('resolved_identifiers') }}
