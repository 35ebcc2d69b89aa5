-- One row per person of lead_people and attribute that a rule, a check or a proposal asks about: its value as text, the form in which
-- texts are compared, and the number that it is.
{% set texts = {
    'gender': declared_gender('profiles.gender'), 'person_kind': 'profiles.person_kind', 'lifecycle_stage': 'profiles.lifecycle_stage',
    'email_domain': mail_domain('profiles.email'), 'city': 'profiles.city', 'postal_code': 'profiles.postal_code',
    'region': 'profiles.region', 'country': 'profiles.country', 'company': 'profiles.company',
    'visiting_company': 'profiles.visiting_company', 'job_title': 'profiles.job_title', 'income_band': 'profiles.income_band',
    'owner': 'profiles.owner', 'acquisition_source': 'profiles.acquisition_source', 'supplier': 'asked.supplier',
    'campaign': 'asked.campaign', 'form': 'asked.form', 'heard_via': 'asked.heard_via', 'exclusive': 'asked.exclusive',
    'lead_status': 'asked.status', 'utm_source': 'asked.utm_source', 'utm_medium': 'asked.utm_medium',
    'utm_campaign': 'asked.utm_campaign',
} %}
{% set on_day = 'today.as_of_date' %}
{% set numbers = {
    'age': age_on('profiles.birth_date', on_day),
    'loyalty_points': 'profiles.loyalty_points', 'session_count': 'profiles.session_count', 'cart_value': 'profiles.cart_value',
    'email_open_rate': 'profiles.email_open_rate', 'email_click_rate': 'profiles.email_click_rate',
    'open_rate_vs_average': 'profiles.email_open_rate / average.open_rate',
    'days_since_created': 'greatest(' ~ days_between(local_date('people.created_at'), on_day) ~ ', 0)',
    'days_since_contact': 'greatest(' ~ days_between(local_date('actions.last_action_at'), on_day) ~ ', 0)',
    'days_to_purchase_intent': days_between(on_day, local_date('intents.purchase_intent_at')),
} %}
{% set proposed = [
    'age', 'region', 'country', 'city', 'person_kind', 'job_title', 'income_band', 'occupation', 'acquisition_source', 'supplier',
    'campaign', 'form', 'heard_via', 'exclusive', 'utm_source', 'utm_medium', 'utm_campaign',
] %}
{% set spellings = ['occupation', 'profession', 'job'] %}

with people as (
    select * from {{ ref('lead_people') }}
),

wanted as (
    select attribute, max(of_everybody) as of_everybody
    from (
        select attribute, 1 as of_everybody from {{ ref('lead_terms') }} where kind = 'fact'
        union all
        select case attribute when 'occupations' then 'occupation' else attribute end, 1 from {{ source('control', 'lead_targets') }}
        {% for attribute in proposed -%}
        union all
        select '{{ attribute }}', 0
        {% endfor %}
    ) as asked_about
    group by 1
),

leads as (
    select
        identifiers.profile_id,
        leads.*
    from {{ ref('unified_leads') }} as leads
    inner join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = 'lead_id' and identifiers.identifier = {{ account_id('leads.lead_id', 'leads.source') }}
),

asked as (
    select *
    from leads
    qualify row_number() over (partition by profile_id order by created_at desc nulls last, source, lead_id) = 1
),

intents as (
    select profile_id, {{ newest('purchase_intent_at', 'created_at') }} as purchase_intent_at
    from leads
    where purchase_intent_at is not null
    group by 1
),

-- What people open on average: sums of whole numbers, so that their order does not matter.
average as (
    select nullif(cast(sum(opened) as double) / nullif(sum(trackable), 0), 0) as open_rate
    from {{ ref('email_engagement') }}
),

told as (
    select
        people.profile_id,
        people.first_asked_at is not null as has_asked,
        {% for attribute, text in texts.items() -%}
        cast({{ text }} as string) as {{ attribute }},
        {% endfor -%}
        {% for attribute, number in numbers.items() -%}
        cast({{ number }} as double) as {{ attribute }}{{ ',' if not loop.last }}
        {% endfor %}
    from people
    inner join {{ ref('profiles') }} as profiles on people.profile_id = profiles.profile_id
    left join asked on people.profile_id = asked.profile_id
    left join intents on people.profile_id = intents.profile_id
    left join {{ ref('last_actions') }} as actions on people.profile_id = actions.profile_id
    cross join average
    cross join {{ source('control', 'today') }} as today
),

further as (
    select
        identifiers.profile_id,
        contacts.traits,
        coalesce(contacts.updated_at, contacts.created_at) as told_at,
        contacts.source,
        contacts.contact_id as told_by
    from {{ ref('unified_contacts') }} as contacts
    inner join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = 'contact_id' and identifiers.identifier = {{ account_id('contacts.contact_id', 'contacts.source') }}
    where contacts.traits is not null
    union all
    select profile_id, traits, created_at, source, lead_id from leads where traits is not null
),

trait_names as (
    select attribute, substr(attribute, 7) as name, 1 as place from wanted where attribute like 'trait.%'
    {% for name in spellings -%}
    union all
    select attribute, '{{ name }}', {{ loop.index }} from wanted where attribute = 'occupation'
    {% endfor %}
),

traits as (
    select
        further.profile_id,
        trait_names.attribute,
        {{ json_named('further.traits', 'trait_names.name') }} as value,
        row_number() over (
            partition by further.profile_id, trait_names.attribute
            order by case when {{ json_named('further.traits', 'trait_names.name') }} is null then 1 else 0 end, trait_names.place,
                further.told_at desc nulls last, further.source, further.told_by
        ) as rank
    from further
    cross join trait_names
),

facts as (
    {% for attribute in texts -%}
    select told.profile_id, '{{ attribute }}' as attribute, told.{{ attribute }} as value, cast(null as double) as number
    from told
    inner join wanted on wanted.attribute = '{{ attribute }}' and (wanted.of_everybody = 1 or told.has_asked)
    where told.{{ attribute }} is not null
    union all
    {% endfor -%}
    {% for attribute in numbers -%}
    select told.profile_id, '{{ attribute }}', {{ plain_number('told.' ~ attribute) }}, told.{{ attribute }}
    from told
    inner join wanted on wanted.attribute = '{{ attribute }}' and (wanted.of_everybody = 1 or told.has_asked)
    where told.{{ attribute }} is not null
    union all
    {% endfor -%}
    select traits.profile_id, traits.attribute, traits.value, cast({{ money('traits.value') }} as double)
    from traits
    inner join people on traits.profile_id = people.profile_id
    where traits.rank = 1 and traits.value is not null
),

-- Many people share few values, and folding one costs more than looking it up.
folded_values as (
    select value, {{ folded('value') }} as folded
    from (select distinct value from facts where attribute not in ('{{ numbers | join("', '") }}')) as found
)

select
    facts.profile_id,
    facts.attribute,
    facts.value,
    folded_values.folded,
    facts.number
from facts
left join folded_values on facts.value = folded_values.value
