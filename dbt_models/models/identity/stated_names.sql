-- One row per time that somebody's name or birth date was told with an identifier: by contacts, by forms, and by visitors of
-- themselves (identify calls, day by day), in the form in which names are compared.
{{ config(materialized='view') }}

select 'contact_id' as identifier_type, contact_id as identifier, first_name, last_name, birth_date
from {{ ref('comparable_contacts') }}
union all
select 'lead_id', {{ account_id('lead_id', 'source') }}, {{ folded('first_name') }}, {{ folded('last_name') }}, null
from {{ ref('unified_leads') }}
union all
select
    identifier_type,
    identifier,
    {{ folded("max(case when field = 'first_name' then value end)") }},
    {{ folded("max(case when field = 'last_name' then value end)") }},
    max(case when field = 'birth_date' then value end)
from {{ ref('user_traits') }}
where field in ('first_name', 'last_name', 'birth_date')
group by device, event_date, identifier_type, identifier
