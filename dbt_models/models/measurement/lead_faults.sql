-- One row per lead received by today and check on leads that it fails as it was delivered: by its own address, number and particulars, and not
-- by what was learnt of the person elsewhere or later. Of who may not be profiled, only whether they can be reached is looked at.
{% set bounces_within_days = 7 %}
{% set told = ['region', 'company', 'birth_date', 'age', 'occupation', 'profession', 'job'] %}

with delivered as (
    select
        arrivals.lead_key as subject,
        arrivals.profile_id,
        leads.email,
        -- What an address takes months later says nothing of the lead that was delivered.
        bounced.email is null as takes_mail,
        leads.phone,
        leads.country,
        leads.postal_code,
        leads.first_name,
        leads.last_name,
        {% for name in told -%}
        {{ json_named('leads.traits', "'" ~ name ~ "'") }} as {{ name }},
        {% endfor -%}
        {{ local_date('arrivals.created_at') }} as received_on
    from {{ ref('lead_arrivals') }} as arrivals
    inner join {{ ref('unified_leads') }} as leads on arrivals.source = leads.source and arrivals.lead_id = leads.lead_id
    left join {{ ref('unified_bounced_addresses') }} as bounced
        on leads.email = bounced.email
        and bounced.bounced_at <= least({{ today('ends_at') }}, {{ days_after('arrivals.created_at', bounces_within_days) }})
),

subjects as (
    select
        subject, email, takes_mail, phone, country, region, postal_code, first_name, last_name, company,
        coalesce({{ age_on('cast(' ~ moment_told('birth_date') ~ ' as date)', 'received_on') }}, try_cast(age as double)) as age,
        coalesce(occupation, profession, job) as occupation
    from delivered
)

select failed.subject as lead_key, failed.check_name, failed.position, failed.strictness
from (
    {{ failed_checks('subjects') | indent(4) }}
) as failed
inner join delivered on failed.subject = delivered.subject
where failed.check_name in ('unreachable', 'email', 'phone')
   or coalesce(delivered.profile_id, '') not in (select profile_id from {{ ref('not_profiled') }})
