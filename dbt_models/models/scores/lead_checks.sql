-- One row per person of lead_people and check that finds fault with them, or, of duplicates, with one of the times they asked
-- (lead_id): what is found, and what is to become of it. A check whose strictness is off finds nothing; what is not known of somebody
-- lies outside of no target.
with checks as (
    select * from {{ source('control', 'prequalification') }} where strictness <> 'off'
),

people as (
    select
        people.profile_id,
        profiles.email,
        profiles.phone,
        profiles.email_bounced_at,
        profiles.country,
        profiles.postal_code,
        {{ folded('profiles.region') }} as region,
        lower(trim(concat_ws(' ', profiles.first_name, profiles.last_name))) as name,
        {{ folded('profiles.first_name') }} as first_name,
        {{ folded('profiles.last_name') }} as last_name,
        lower(profiles.company) as company,
        profiles.email is not null and profiles.email_bounced_at is null as takes_mail
    from {{ ref('lead_people') }} as people
    inner join {{ ref('profiles') }} as profiles on people.profile_id = profiles.profile_id
),

mailboxes as (
    select profile_id, {{ mail_domain('email') }} as domain from people where email is not null
),

-- A mailbox below a provider's domain is one of theirs.
domains as (
    select profile_id, domain from mailboxes
    union all
    select profile_id, substr(domain, instr(domain, '.') + 1) from mailboxes
),

targets as (
    select attribute, value, {{ folded('value') }} as folded, low, high
    from {{ source('control', 'lead_targets') }}
),

aims as (
    select
        max(case when attribute = 'countries' then 1 else 0 end) = 1 as of_country,
        max(case when attribute = 'regions' then 1 else 0 end) = 1 as of_region,
        max(case when attribute = 'postal_codes' then 1 else 0 end) = 1 as of_postal_code
    from targets
),

places as (
    select
        people.profile_id,
        max(case when targets.attribute = 'countries' and targets.value = people.country then 1 else 0 end) = 1 as in_country,
        max(case when targets.attribute = 'regions' and targets.folded = people.region then 1 else 0 end) = 1 as in_region,
        max(case
            when targets.attribute = 'postal_codes' and substr(people.postal_code, 1, length(targets.value)) = targets.value then 1 else 0
        end) = 1 as in_postal_code
    from people
    cross join targets
    where targets.attribute in ('countries', 'regions', 'postal_codes')
    group by people.profile_id
),

asked as (
    select
        identifiers.profile_id,
        leads.lead_id,
        leads.created_at,
        lag(leads.created_at) over (partition by identifiers.profile_id order by leads.created_at, leads.source, leads.lead_id) as asked_before_at
    from {{ ref('unified_leads') }} as leads
    inner join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = 'lead_id' and identifiers.identifier = {{ account_id('leads.lead_id', 'leads.source') }}
    inner join people on identifiers.profile_id = people.profile_id
    where leads.created_at is not null
),

signs as (
    {% for field in ['name', 'email', 'company'] -%}
    select people.profile_id, signs.reason
    from people
    inner join {{ ref('spam_signs') }} as signs on trim(signs.field) = '{{ field }}' and people.{{ field }} like signs.pattern
    union all
    {% endfor -%}
    select profile_id, 'digits in the name' from people where translate(name, '0123456789', '') <> name
    union all
    select profile_id, 'the first name is the last name' from people where first_name = last_name and length(first_name) > 2
),

found as (
    select
        profile_id,
        cast(null as string) as lead_id,
        'unreachable' as check_name,
        'neither an e-mail address that takes mail nor a telephone number' as evidence
    from people
    where not takes_mail and phone is null
    union all
    select profile_id, null, 'email', case when email is null then 'no valid address' else 'mail comes back' end from people where not takes_mail
    union all
    select profile_id, null, 'phone', 'no valid number' from people where phone is null
    union all
    select domains.profile_id, null, 'disposable', min(domains.domain)
    from domains
    inner join {{ source('control', 'disposable_domains') }} as disposable on domains.domain = disposable.domain
    group by domains.profile_id
    union all
    select facts.profile_id, null, 'age', facts.value
    from {{ ref('lead_facts') }} as facts
    inner join targets on targets.attribute = 'age' and facts.attribute = 'age'
    where facts.number not between targets.low and targets.high
    union all
    select
        people.profile_id,
        null,
        'area',
        case
            when aims.of_country and people.country is not null and not places.in_country then people.country
            else coalesce(people.postal_code, people.region)
        end
    from people
    cross join aims
    inner join places on people.profile_id = places.profile_id
    where aims.of_country and people.country is not null and not places.in_country
       or aims.of_region and people.region is not null and not places.in_region
       or aims.of_postal_code and people.postal_code is not null and not places.in_postal_code
    union all
    select facts.profile_id, null, 'occupation', min(facts.value)
    from {{ ref('lead_facts') }} as facts
    cross join (select folded from targets where attribute = 'occupations') as wanted
    where facts.attribute = 'occupation'
    group by facts.profile_id
    having max(case when facts.folded = wanted.folded then 1 else 0 end) = 0
    union all
    select
        profile_id,
        lead_id,
        'duplicate',
        'asked ' || cast({{ days_between(local_date('asked_before_at'), local_date('created_at')) }} as string) || ' days before'
    from asked
    where asked_before_at >= {{ days_before('created_at', score_setting('duplicate_days')) }}
    union all
    select profile_id, null, 'spam', min(reason) from signs group by profile_id
)

select
    found.profile_id,
    found.lead_id,
    found.check_name,
    checks.position,
    checks.strictness,
    found.evidence
from found
inner join checks on found.check_name = checks.check_name
