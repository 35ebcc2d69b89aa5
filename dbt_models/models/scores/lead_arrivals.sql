-- One row per lead received by now: whose it is, who brought it, and whether its person had asked shortly before, through whomever.
with leads as (
    select
        leads.source || ':' || leads.lead_id as lead_key,
        leads.source,
        leads.lead_id,
        identifiers.profile_id,
        case when {{ partner_name('leads.supplier') }} <> 'in house'
            then min(trim(leads.supplier)) over (partition by {{ partner_name('leads.supplier') }}) end as supplier,
        leads.created_at,
        leads.email,
        leads.phone
    from {{ ref('unified_leads') }} as leads
    left join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = 'lead_id' and identifiers.identifier = {{ account_id('leads.lead_id', 'leads.source') }}
    where leads.created_at <= {{ as_of() }}
),

followed as (
    select
        *,
        {% for name in ['created_at', 'supplier', 'email', 'phone'] -%}
        lag({{ name }}) over (partition by profile_id order by created_at, lead_key) as before_{{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from leads
)

select
    lead_key,
    source,
    lead_id,
    profile_id,
    supplier,
    created_at,
    is_duplicate,
    case when is_duplicate then {{ days_between(local_date('before_created_at'), local_date('created_at')) }} end as days_after_first,
    case
        when not is_duplicate then null
        when before_supplier is null then 'the company itself'
        when before_supplier = supplier then 'the same supplier'
        else 'another supplier'
    end as first_brought_by,
    -- Whether whoever delivered it can see so: by the address or number in both.
    is_duplicate and (coalesce(before_email = email, false) or coalesce(before_phone = phone, false)) as has_same_address
from (
    select
        *,
        coalesce(profile_id is not null and before_created_at >= {{ days_before('created_at', score_setting('duplicate_days')) }}, false)
            as is_duplicate
    from followed
) as judged
