-- One row per person who may be scored: known, not one of the company's own, and nobody who may not be profiled.
{{ config(materialized='view') }}

select people.profile_id
from {{ ref('profile_people') }} as people
left join {{ ref('not_profiled') }} as not_profiled on people.profile_id = not_profiled.profile_id
left join {{ ref('internal_people') }} as internal on people.profile_id = internal.profile_id
where people.is_known and not_profiled.profile_id is null and internal.profile_id is null
