-- One row per person of lead_people and check that finds fault with what is known of them, or, of duplicates, with one of the times they
-- asked (lead_id): what is found, and what is to become of it.
with subjects as (
    select
        people.profile_id as subject,
        profiles.email,
        profiles.email_bounced_at is null as takes_mail,
        profiles.phone,
        profiles.country,
        profiles.region,
        profiles.postal_code,
        profiles.first_name,
        profiles.last_name,
        profiles.company,
        ages.number as age,
        occupations.value as occupation
    from {{ ref('lead_people') }} as people
    inner join {{ ref('profiles') }} as profiles on people.profile_id = profiles.profile_id
    left join {{ ref('lead_facts') }} as ages on people.profile_id = ages.profile_id and ages.attribute = 'age'
    left join {{ ref('lead_facts') }} as occupations on people.profile_id = occupations.profile_id and occupations.attribute = 'occupation'
)

select subject as profile_id, cast(null as string) as lead_id, check_name, position, strictness, evidence
from (
    {{ failed_checks('subjects') | indent(4) }}
) as failed
union all
select
    arrivals.profile_id,
    arrivals.lead_id,
    checks.check_name,
    checks.position,
    checks.strictness,
    'asked ' || cast(arrivals.days_after_first as string) || ' days before'
from {{ ref('lead_arrivals') }} as arrivals
inner join {{ ref('lead_people') }} as people on arrivals.profile_id = people.profile_id
inner join {{ source('control', 'prequalification') }} as checks on checks.check_name = 'duplicate' and checks.strictness <> 'off'
where arrivals.is_duplicate
