-- One row per contact and source, with what Relance makes of the person: scores, segments and what they agreed to. Whoever objects to
-- profiling has no scores (see not_profiled): empty cells take the former ones away. Figures are whole numbers: cents of what may be
-- expected within a year say nothing, and would have every contact written back after each fit.
{% set purposes = ['email', 'sms', 'whatsapp', 'push', 'phone', 'post', 'ads', 'platform_matching', 'profiling'] %}

with contacts as (
    select distinct source, contact_id, {{ account_id('contact_id', 'source') }} as identifier
    from {{ ref('unified_contacts') }}
    where contact_id is not null
),

consents as (
    select
        profile_id,
        {% for purpose in purposes -%}
        max(case when purpose = '{{ purpose }}' then status end) as {{ purpose }}_consent{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('profile_consents') }}
    group by profile_id
)

select
    contacts.source || ':' || contacts.contact_id as record_key,
    owners.profile_id,
    contacts.source,
    contacts.contact_id,
    profiles.lifecycle_stage,
    cast(round(customers.score, 0) as bigint) as customer_score,
    customers.tier_name as customer_tier,
    rfm.rfm_segment,
    cast(round(leads.score, 0) as bigint) as lead_score,
    leads.grade as lead_grade,
    cast(round(clv.clv_12m, 0) as bigint) as clv_12m,
    {% for purpose in purposes -%}
    coalesce(consents.{{ purpose }}_consent, 'unknown') as {{ purpose }}_consent{{ ',' if not loop.last }}
    {% endfor %}
from contacts
inner join {{ ref('identifiers') }} as owners on owners.identifier_type = 'contact_id' and contacts.identifier = owners.identifier
inner join {{ ref('profiles') }} as profiles on owners.profile_id = profiles.profile_id
left join {{ ref('customers') }} as customers on owners.profile_id = customers.profile_id
left join {{ ref('rfm') }} as rfm on owners.profile_id = rfm.profile_id
left join {{ ref('leads') }} as leads on owners.profile_id = leads.profile_id
left join {{ ref('clv') }} as clv on owners.profile_id = clv.profile_id
left join consents on owners.profile_id = consents.profile_id
