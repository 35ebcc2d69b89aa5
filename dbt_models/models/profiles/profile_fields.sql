-- One row per person and field: the word about them that survived, and whose it is. The best priority counts
-- (control.profile_priority), of equal ones the newest; ties go by source, row and value, never by arrival.
{% set fields = [
    'email', 'phone', 'first_name', 'last_name', 'birth_date', 'gender', 'street', 'city', 'postal_code', 'region', 'country',
    'company', 'job_title', 'income_band', 'loyalty_points', 'owner', 'acquisition_source', 'person_kind',
] %}
{% set tellers = {
    'contacts': ('contact_id', 'coalesce(told.updated_at, told.created_at)', fields),
    'leads': ('lead_id', 'told.created_at', ['email', 'phone', 'first_name', 'last_name', 'postal_code', 'country', 'acquisition_source']),
    'orders': ('order_id', 'told.ordered_at', ['email', 'phone', 'postal_code', 'country']),
    'event_registrations': ('registration_id', 'told.starts_at', ['email', 'phone', 'city', 'postal_code']),
    'subscriptions': ('subscription_id', 'told.started_at', ['email']),
    'reviews': ('review_id', 'told.created_at', ['email']),
} %}
{# Rows without an identifier of their own are their customer's or, without one, the address's. #}
{% set known_by = {'event_registrations': ['email', 'phone'], 'subscriptions': ['customer_id', 'email'], 'reviews': ['customer_id', 'email']} %}

with identifiers as (
    select identifier_type, identifier, profile_id, first_seen from {{ ref('identifiers') }}
),

{% for teller, (id, at, told_fields) in tellers.items() %}
said_in_{{ teller }} as (
    select
        {{ 'told.profile_id' if teller == 'orders' else 'identifiers.profile_id' }} as profile_id,
        told.source,
        told.{{ id }} as stated_by,
        {{ at }} as stated_at,
        told.{{ told_fields | join(', told.') }}
    from {{ ref('person_orders' if teller == 'orders' else 'unified_' ~ teller) }} as told
    {% if teller in known_by -%}
    inner join identifiers
        on identifiers.identifier_type = case when told.{{ known_by[teller][0] }} is not null then '{{ known_by[teller][0] }}' else '{{ known_by[teller][1] }}' end
        and identifiers.identifier = coalesce(
            {{ account_id('told.customer_id', 'told.source') if known_by[teller][0] == 'customer_id' else 'told.' ~ known_by[teller][0] }},
            told.{{ known_by[teller][1] }}
        )
    {%- elif teller != 'orders' -%}
    inner join identifiers on identifiers.identifier_type = '{{ id }}' and identifiers.identifier = {{ account_id('told.' ~ id, 'told.source') }}
    {%- endif %}
),
{% endfor %}

said as (
    {% for teller, (id, at, told_fields) in tellers.items() -%}
    {% for field in told_fields -%}
    select profile_id, '{{ teller }}' as teller, source, stated_by, stated_at, '{{ field }}' as field, cast({{ field }} as string) as value
    from said_in_{{ teller }}
    where {{ field }} is not null
    union all
    {% endfor -%}
    {% endfor -%}
    select identifiers.profile_id, 'site', traits.source, traits.message_id, traits.stated_at, traits.field, traits.value
    from {{ ref('user_traits') }} as traits
    inner join identifiers on traits.identifier_type = identifiers.identifier_type and traits.identifier = identifiers.identifier
    union all
    -- An address known from anything else: better than none.
    select profile_id, 'identifiers', 'identity', identifier, first_seen, identifier_type, identifier
    from identifiers
    where identifier_type in ('email', 'phone')
),

-- An address that identity has refused to this person (blocked, a parent's) is not theirs to be reached at.
own as (
    select said.*
    from said
    left join identifiers as addresses
        on addresses.identifier_type in ('email', 'phone')
        and said.field = addresses.identifier_type
        and said.value = addresses.identifier
        and said.profile_id = addresses.profile_id
    where said.field not in ('email', 'phone') or addresses.profile_id is not null
),

ranked as (
    select
        own.*,
        coalesce(of_source.priority, of_teller.priority) as priority
    from own
    inner join {{ source('control', 'profile_priority') }} as of_teller
        on own.field = of_teller.field and own.teller = of_teller.teller and of_teller.source is null
    left join {{ source('control', 'profile_priority') }} as of_source
        on own.field = of_source.field and own.teller = of_source.teller and own.source = of_source.source
),

survived as (
    select
        profile_id,
        field,
        {{ first_row(
            ['value', 'source', 'teller', 'stated_by', 'stated_at', 'priority'],
            ['priority', latest_first('stated_at'), 'teller', "coalesce(source, '')", 'stated_by', 'value'],
        ) }} as word
    from ranked
    group by profile_id, field
)

select
    profile_id,
    field,
    word.value as value,
    word.source as source,
    word.teller as teller,
    word.stated_by as stated_by,
    word.stated_at as stated_at,
    word.priority as priority
from survived
