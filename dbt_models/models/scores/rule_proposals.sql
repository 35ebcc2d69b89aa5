-- One row per attribute and value of people who asked, or action that they had done until then, whose share of conversions differs
-- from that of all, beyond chance (Wilson's interval at 99 %, since many are looked at): the points that a rule of its own would be
-- worth, ten for each time that it doubles the share. `relance rules --accept` takes one over. Nothing is proposed by gender, by what
-- a policy forbids to score, or by columns that are written after the outcome (seed denied_features).
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
        cast({{ money(json_named('told.traits', 'keys.name')) }} as double) as number,
        row_number() over (partition by told.profile_id, keys.name order by told.created_at desc nulls last, told.source, told.told_by) as rank
    from (select told.* from told inner join people on told.profile_id = people.profile_id where told.traits is not null) as told
    {{ json_keys('told.traits', 'keys') }}
),

-- Of a column with many numbers, its fifths are looked at.
fifths as (
    select name, {{ quantiles('number', [0.2, 0.4, 0.6, 0.8]) }} as bounds
    from traits
    where rank = 1 and value is not null
    group by name
    having count(distinct number) > 10 and count(number) >= 0.95 * count(*)
),

banded as (
    select profile_id, name, min(number) over (partition by name, fifth) as low, max(number) over (partition by name, fifth) as high
    from (
        select
            traits.profile_id,
            traits.name,
            traits.number,
            {% for place in [1, 2, 3, 4] -%}
            case when traits.number > {{ list_item('fifths.bounds', place) }} then 1 else 0 end{{ ' +' if not loop.last }}
            {% endfor %} as fifth
        from traits
        inner join fifths on traits.name = fifths.name
        where traits.rank = 1 and traits.number is not null
    ) as placed
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
    left join fifths on traits.name = fifths.name
    where traits.rank = 1 and fifths.name is null and traits.name <> '' and {{ folded('traits.value') }} is not null
    union all
    select
        profile_id,
        'trait.' || name,
        'demographic',
        'between',
        {{ plain_number('low') }} || '_' || {{ plain_number('high') }},
        {{ plain_number('low') }} || '|' || {{ plain_number('high') }}
    from banded
    where name <> ''
),

-- Leads as of when they asked, as predictions learn from them: what a later login told of a device was not known then. Who had
-- bought before was a customer already.
requests as (
    select examples.example, examples.outcome, cast(examples.weight as decimal(18, 6)) as weight
    from {{ ref('prediction_examples') }} as examples
    left join {{ ref('training_features') }} as bought on examples.example = bought.example and bought.feature = 'times.order.ever'
    where examples.model = 'lead_converts' and examples.is_new and bought.example is null
),

done as (
    select
        substr(features.feature, 1, length(features.feature) - 5) as attribute,
        count(*) as people,
        sum(requests.weight) as weight,
        sum(case when requests.outcome then requests.weight else 0 end) as converted_weight
    from requests
    inner join {{ ref('training_features') }} as features on requests.example = features.example
    where features.feature like 'times.%.ever' and features.number > 0
    group by 1
),

-- Attributes that the policy at home forbids to score, or that nobody should learn from.
denied as (
    select distinct found.attribute
    from (select attribute from values_found union select attribute from done) as found
    inner join {{ source('control', 'unproposed_attributes') }} as denied on lower(found.attribute) like denied.pattern
),

everybody as (
    select count(*) as people, count(*) filter (where has_converted) as converted from people
),

counted as (
    select
        values_found.attribute,
        family,
        operator,
        folded,
        min(value) as value,
        count(*) as people,
        count(*) filter (where people.has_converted) as converted,
        min(everybody.people) as all_people,
        cast({{ rounded('min(everybody.converted) / cast(min(everybody.people) as double)', 6) }} as double) as share_of_all
    from values_found
    inner join people on values_found.profile_id = people.profile_id
    cross join everybody
    where instr(value, '|') = 0 or operator = 'between'
    group by 1, 2, 3, 4
    union all
    select
        done.attribute,
        'behavioural',
        '>=',
        '1',
        '1',
        done.people,
        -- Of a sample, as many as the weights say.
        cast(round(done.people * done.converted_weight / cast(done.weight as double)) as bigint),
        everybody.people,
        everybody.share
    from done
    cross join (
        select count(*) as people, cast({{ rounded('sum(case when outcome then weight else 0 end) / cast(sum(weight) as double)', 6) }} as double) as share
        from requests
    ) as everybody
    where instr(done.attribute, '|') = 0 and {{ is_own_doing('done.attribute') }}
),

measured as (
    select
        counted.*,
        cast({{ rounded('counted.converted / cast(counted.people as double)', 6) }} as double) as share,
        cast({{ rounded(wilson('counted.converted', 'counted.people', '-'), 6) }} as double) as at_least,
        cast({{ rounded(wilson('counted.converted', 'counted.people', '+'), 6) }} as double) as at_most
    from counted
    left join denied on counted.attribute = denied.attribute
    where counted.people >= 30 and counted.share_of_all > 0 and denied.attribute is null
),

differing as (
    select
        *,
        cast({{ rounded('share / share_of_all', 2) }} as double) as ratio,
        -- Of whom nobody converted, the upper end of the interval speaks.
        cast(greatest(least({{ rounded('10 * log2((case when converted = 0 then at_most else share end) / share_of_all)', 0) }}, 20), -20) as decimal(18, 4)) as points
    from measured
    where at_least > share_of_all or at_most < share_of_all
),

-- Names are made of letters and digits; of several that come out alike, the later ones are numbered.
called as (
    select
        *,
        case
            when attribute like 'times.%' then 'did_' || coalesce({{ folded("substr(attribute, 7)") }}, '')
            else coalesce({{ folded("replace(attribute, 'trait.', '')") }}, '') || '_' || folded
        end as name
    from differing
    where points <> 0
),

named as (
    select *, name || case when place > 1 then '_' || cast(place as string) else '' end as proposal_id
    from (select *, row_number() over (partition by name order by attribute, operator, folded) as place from called) as numbered
),

-- What rules in force ask about already, if among other values.
asked as (
    select rules.attribute, asked.folded
    from {{ ref('lead_terms') }} as rules
    inner join {{ ref('lead_term_values') }} as asked on rules.rule_id = asked.rule_id
    where rules.operator in ('=', 'in')
    union
    select 'times.' || asked.action, '1'
    from {{ ref('lead_terms') }} as rules
    inner join {{ ref('lead_term_actions') }} as asked on rules.rule_id = asked.rule_id
    where rules.kind = 'times'
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
    case
        when rules.enabled or asked.attribute is not null then 'in force'
        when rules.rule_id is not null then 'turned off'
        else 'proposed'
    end as status
from named
left join {{ ref('lead_rules') }} as rules on named.proposal_id = trim(rules.rule_id)
left join asked on named.attribute = asked.attribute and named.folded = asked.folded
