-- One row per contact or lead that says who it is: the name and birth date it gives, in the form in which names are compared.
{{ config(schema='graph') }}

with told as (
    select 'contact_id' as identifier_type, contact_id as identifier, first_name || '|' || last_name as name, birth_date
    from {{ ref('comparable_contacts') }}
    union all
    select 'lead_id', {{ account_id('lead_id', 'source') }}, {{ folded('first_name') }} || '|' || {{ folded('last_name') }}, null
    from {{ ref('unified_leads') }}
)

select distinct nodes.node, told.name, told.birth_date
from told
inner join {{ ref('nodes') }} as nodes on told.identifier_type = nodes.identifier_type and told.identifier = nodes.identifier
where told.name is not null
