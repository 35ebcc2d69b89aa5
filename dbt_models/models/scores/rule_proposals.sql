-- One row per attribute and value of people who asked whose share of conversions differs from that of all, beyond chance (Wilson's
-- interval at 99 %, since many are looked at): the points that a rule of its own would be worth, ten for each time that it doubles
-- the share. `relance rules --accept` takes one over. Nothing is proposed by gender, by what a policy forbids to score, or by columns
-- that are written after the outcome (seed denied_features).
{% set proposed = {
    'age': 'demographic', 'person_kind': 'demographic', 'job_title': 'demographic', 'income_band': 'demographic', 'occupation': 'demographic',
    'region': 'geographic', 'country': 'geographic', 'city': 'geographic', 'acquisition_source': 'behavioural', 'supplier': 'behavioural',
    'campaign': 'behavioural', 'form': 'behavioural', 'heard_via': 'behavioural', 'exclusive': 'behavioural', 'utm_source': 'behavioural',
    'utm_medium': 'behavioural', 'utm_campaign': 'behavioural',
} %}

with people as (
    select profile_id, has_converted from {{ ref('lead_people') }} where has_converted is not null
),

families as (
    {% for attribute, family in proposed.items() -%}
    select '{{ attribute }}' as attribute, '{{ family }}' as family
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

ages as (
    select 18 as low, 24 as high union all select 25, 34 union all select 35, 44 union all select 45, 60 union all select 61, 120
),

told as (
    select profile_id, source, traits, created_at, contact_id as told_by from (
        select identifiers.profile_id, contacts.source, contacts.traits, coalesce(contacts.updated_at, contacts.created_at) as created_at, contacts.contact_id
        from {{ ref('unified_contacts') }} as contacts
        inner join {{ ref('identifiers') }} as identifiers
            on identifiers.identifier_type = 'contact_id' and identifiers.identifier = {{ account_id('contacts.contact_id', 'contacts.source') }}
    ) as of_contacts
    union all
    select identifiers.profile_id, leads.source, leads.traits, leads.created_at, leads.lead_id
    from {{ ref('unified_leads') }} as leads
    inner join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = 'lead_id' and identifiers.identifier = {{ account_id('leads.lead_id', 'leads.source') }}
),

traits as (
    select
        told.profile_id,
        keys.name,
        {{ json_named('told.traits', 'keys.name') }} as value,
        row_number() over (partition by told.profile_id, keys.name order by told.created_at desc nulls last, told.source, told.told_by) as rank
    from (select told.* from told inner join people on told.profile_id = people.profile_id where told.traits is not null) as told
    {{ json_keys('told.traits', 'keys') }}
),

values_found as (
    select facts.profile_id, facts.attribute, families.family, '=' as operator, facts.folded, facts.value
    from {{ ref('lead_facts') }} as facts
    inner join families on facts.attribute = families.attribute
    where facts.attribute <> 'age' and facts.folded is not null
    union all
    select
        facts.profile_id,
        'age',
        'demographic',
        'between',
        cast(ages.low as string) || '_' || cast(ages.high as string),
        cast(ages.low as string) || '|' || cast(ages.high as string)
    from {{ ref('lead_facts') }} as facts
    inner join ages on facts.number between ages.low and ages.high
    where facts.attribute = 'age'
    union all
    select traits.profile_id, 'trait.' || traits.name, 'demographic', '=', {{ folded('traits.value') }}, traits.value
    from traits
    where traits.rank = 1 and {{ folded('traits.value') }} is not null and instr(traits.name, '"') = 0
),

-- Attributes that the policy at home forbids to score, or that nobody should learn from.
denied as (
    select distinct found.attribute
    from (select distinct attribute from values_found) as found
    inner join {{ source('control', 'unproposed_attributes') }} as denied on lower(found.attribute) like denied.pattern
),

counted as (
    select
        values_found.attribute,
        family,
        operator,
        folded,
        min(value) as value,
        count(*) as people,
        count(*) filter (where people.has_converted) as converted
    from values_found
    inner join people on values_found.profile_id = people.profile_id
    left join denied on values_found.attribute = denied.attribute
    where denied.attribute is null and (instr(value, '|') = 0 or operator = 'between')
    group by 1, 2, 3, 4
),

everybody as (
    select count(*) as people, count(*) filter (where has_converted) as converted from people
),

measured as (
    select
        counted.*,
        everybody.people as all_people,
        cast(round(counted.converted / cast(counted.people as double), 6) as double) as share,
        cast(round(everybody.converted / cast(everybody.people as double), 6) as double) as share_of_all,
        cast(round({{ wilson('counted.converted', 'counted.people', '-') }}, 6) as double) as at_least,
        cast(round({{ wilson('counted.converted', 'counted.people', '+') }}, 6) as double) as at_most
    from counted
    cross join everybody
    where counted.people >= 30 and everybody.converted > 0
),

differing as (
    select
        *,
        cast(round(share / share_of_all, 2) as double) as ratio,
        -- Of whom nobody converted, the upper end of the interval speaks.
        cast(greatest(least(round(10 * log2((case when converted = 0 then at_most else share end) / share_of_all), 0), 20), -20) as decimal(18, 4)) as points
    from measured
    where at_least > share_of_all or at_most < share_of_all
),

named as (
    select
        *,
        {{ folded("replace(replace(attribute, 'trait.', ''), '_', '')") }} || '_' || folded as proposal_id
    from differing
    where points <> 0
)

select
    named.proposal_id,
    named.family,
    named.attribute,
    named.operator,
    named.value,
    named.points,
    named.people,
    named.converted,
    named.share,
    named.at_least,
    named.at_most,
    named.share_of_all,
    named.all_people,
    named.ratio,
    case when rules.rule_id is null then 'proposed' when rules.enabled then 'in force' else 'turned off' end as status
from named
left join {{ ref('lead_rules') }} as rules on named.proposal_id = trim(rules.rule_id)
