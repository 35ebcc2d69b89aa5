-- One row per person who may not be profiled (they objected, or the policy takes silence for a refusal): no score, no scored audience.
select profile_id
from {{ ref('profile_consents') }}
where purpose = 'profiling' and status <> 'granted'
