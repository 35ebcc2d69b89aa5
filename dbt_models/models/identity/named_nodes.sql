-- One row per contact, form or login that says who it is: the name (if it tells both parts) and the birth date it gives, in the form
-- in which names are compared. What a device without a login says of somebody is told of the addresses it gives, and no name of theirs.
{{ config(schema='graph') }}

select distinct nodes.node, told.first_name || '|' || told.last_name as name, told.birth_date
from {{ ref('stated_names') }} as told
inner join {{ ref('nodes') }} as nodes on told.identifier_type = nodes.identifier_type and told.identifier = nodes.identifier
where told.identifier_type <> 'anonymous_id' and (told.birth_date is not null or told.first_name || '|' || told.last_name is not null)
