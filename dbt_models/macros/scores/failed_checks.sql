{# The checks on leads that each of `subjects` (people, or leads as they were delivered) fails: SELECT of subject, check_name, position,
   strictness, evidence. A check whose strictness is off finds nothing; what is not known lies outside of no target.

   subjects: relation of subject, email, takes_mail, phone, country, region, postal_code, first_name, last_name, company, age, occupation. #}
{% macro failed_checks(subjects) -%}
with people as (
    select
        subject,
        email,
        coalesce(email is not null and takes_mail, false) as takes_mail,
        phone,
        country,
        postal_code,
        region,
        {{ folded('region') }} as folded_region,
        lower(trim(concat_ws(' ', first_name, last_name))) as name,
        {{ folded('first_name') }} as first_name,
        {{ folded('last_name') }} as last_name,
        lower(company) as company,
        age,
        occupation
    from {{ subjects }}
),

-- A mailbox below a provider's domain is one of theirs.
domains as (
    select subject, {{ mail_domain('email') }} as domain from people where email is not null
    union all
    select subject, substr({{ mail_domain('email') }}, instr({{ mail_domain('email') }}, '.') + 1) from people where email is not null
),

targets as (
    select attribute, value, {{ folded('value') }} as folded, low, high
    from {{ source('control', 'lead_targets') }}
),

aims as (
    select
        {% for attribute in ['countries', 'regions', 'postal_codes', 'occupations'] -%}
        coalesce(max(case when attribute = '{{ attribute }}' then 1 end), 0) = 1 as of_{{ attribute }}{{ ',' if not loop.last }}
        {% endfor %}
    from targets
),

signs as (
    {% for field in ['name', 'email', 'company'] -%}
    select people.subject, signs.reason
    from people
    inner join {{ ref('spam_signs') }} as signs on trim(signs.field) = '{{ field }}' and people.{{ field }} like signs.pattern
    union all
    {% endfor -%}
    select subject, 'digits in the name' from people where translate(name, '0123456789', '') <> name
    union all
    select subject, 'the first name is the last name' from people where first_name = last_name and length(first_name) > 2
),

found as (
    select subject, 'unreachable' as check_name, 'neither an e-mail address that takes mail nor a telephone number' as evidence
    from people
    where not takes_mail and phone is null
    union all
    select subject, 'email', case when email is null then 'no valid address' else 'mail comes back' end from people where not takes_mail
    union all
    select subject, 'phone', 'no valid number' from people where phone is null
    union all
    select domains.subject, 'disposable', min(domains.domain)
    from domains
    inner join {{ source('control', 'disposable_domains') }} as disposable on domains.domain = disposable.domain
    group by domains.subject
    union all
    select people.subject, 'age', {{ plain_number('people.age') }}
    from people
    inner join targets on targets.attribute = 'age'
    where people.age not between targets.low and targets.high
    union all
    select people.subject, 'area', people.country
    from people
    cross join aims
    where aims.of_countries and people.country not in (select value from targets where attribute = 'countries')
    union all
    select people.subject, 'area', people.region
    from people
    cross join aims
    where aims.of_regions and people.folded_region not in (select folded from targets where attribute = 'regions' and folded is not null)
    union all
    select people.subject, 'area', people.postal_code
    from people
    cross join aims
    left join targets
        on targets.attribute = 'postal_codes' and substr(people.postal_code, 1, length(targets.value)) = targets.value
    where aims.of_postal_codes and people.postal_code is not null and targets.value is null
    union all
    select people.subject, 'occupation', people.occupation
    from people
    cross join aims
    left join targets on targets.attribute = 'occupations' and targets.folded = {{ folded('people.occupation') }}
    where aims.of_occupations and people.occupation is not null and targets.value is null
    union all
    select subject, 'spam', reason from signs
)

select found.subject, found.check_name, checks.position, checks.strictness, min(found.evidence) as evidence
from found
inner join {{ source('control', 'prequalification') }} as checks on found.check_name = checks.check_name and checks.strictness <> 'off'
group by 1, 2, 3, 4
{%- endmacro %}
