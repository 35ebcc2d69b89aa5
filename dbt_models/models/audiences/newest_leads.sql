-- One row per person who asked: their newest lead.
select
    identifiers.profile_id,
    leads.lead_id,
    leads.created_at,
    leads.acquisition_source,
    leads.supplier,
    leads.campaign,
    leads.form,
    leads.purchase_intent_at,
    lower(trim(leads.status)) as status
from {{ ref('unified_leads') }} as leads
inner join {{ ref('identifiers') }} as identifiers
    on identifiers.identifier_type = 'lead_id' and identifiers.identifier = {{ account_id('leads.lead_id', 'leads.source') }}
where leads.created_at is not null
qualify row_number() over (partition by identifiers.profile_id order by leads.created_at desc, leads.lead_id desc, leads.source) = 1
