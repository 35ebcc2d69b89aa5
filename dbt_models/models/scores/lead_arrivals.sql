-- One row per lead received by today: whose it is, who brought it, and whether its person had asked shortly before, through whomever.
with leads as (
    select
        leads.source || ':' || leads.lead_id as lead_key,
        leads.source,
        leads.lead_id,
        identifiers.profile_id,
        suppliers.supplier,
        leads.created_at,
        leads.email,
        leads.phone
    from {{ ref('unified_leads') }} as leads
    left join {{ ref('supplier_names') }} as suppliers on {{ partner_name('leads.supplier') }} = suppliers.name
    left join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = 'lead_id' and identifiers.identifier = {{ account_id('leads.lead_id', 'leads.source') }}
    where leads.created_at <= {{ today('ends_at') }}
),

-- The first time before, and whether whoever delivered this one can see that it is not the first: by an address or number in both.
duplicates as (
    select
        leads.lead_key,
        earlier.created_at,
        earlier.supplier,
        bool_or(coalesce(earlier.email = leads.email, false) or coalesce(earlier.phone = leads.phone, false))
            over (partition by leads.lead_key) as has_same_address
    from leads
    inner join leads as earlier
        on leads.profile_id = earlier.profile_id
        and (earlier.created_at < leads.created_at or earlier.created_at = leads.created_at and earlier.lead_key < leads.lead_key)
        and earlier.created_at >= {{ days_before('leads.created_at', score_setting('duplicate_days')) }}
    qualify row_number() over (partition by leads.lead_key order by earlier.created_at, earlier.lead_key) = 1
)

select
    leads.lead_key,
    leads.source,
    leads.lead_id,
    leads.profile_id,
    leads.supplier,
    leads.created_at,
    duplicates.lead_key is not null as is_duplicate,
    {{ days_between(local_date('duplicates.created_at'), local_date('leads.created_at')) }} as days_after_first,
    case
        when duplicates.lead_key is null then null
        when duplicates.supplier is null then 'the company itself'
        when duplicates.supplier = leads.supplier then 'the same supplier'
        else 'another supplier'
    end as first_brought_by,
    coalesce(duplicates.has_same_address, false) as has_same_address
from leads
left join duplicates on leads.lead_key = duplicates.lead_key
