-- One row per device, day, person in effect and field: what visitors said of themselves last in identify calls (Segment's traits and
-- their usual other spellings), read once when the calls arrive. What was said while trackers were refused belongs to nobody: such a
-- day has a row without a field.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['device', 'event_date'],
    post_hook='{{ drop_excluded_days() }}') }}
{% set spellings = {
    'first_name': ['firstName', 'first_name', 'firstname'],
    'last_name': ['lastName', 'last_name', 'lastname'],
    'full_name': ['name'],
    'birth_date': ['birthday', 'birth_date', 'birthDate'],
    'gender': ['gender'],
    'street': ['address.street', 'address_street', 'street'],
    'city': ['address.city', 'address_city', 'city'],
    'postal_code': ['address.postalCode', 'address.postal_code', 'address.zip', 'address_postal_code', 'postalCode', 'postal_code'],
    'region': ['address.state', 'address.region', 'address_state', 'state', 'region'],
    'country': ['address.country', 'address_country', 'country'],
    'company': ['company.name', 'company_name', 'company'],
    'job_title': ['title', 'jobTitle', 'job_title'],
} %}
{% set fields = spellings.keys() | reject('equalto', 'full_name') | list %}
{% set paths = [] %}
{% for names in spellings.values() %}{% for name in names %}{% do paths.append('$.' ~ name) %}{% endfor %}{% endfor %}
{% set given = json_picked('in_traits', paths) %}

with events as (
    {{ touched_events([
        'source', 'anonymous_id', 'user_id', 'event_date', 'occurred_at', 'message_id', 'type', 'properties',
    ]) }}
),

picked as (
    select
        *,
        case when not is_refused then {{ json_pick('properties', paths) }} end as in_traits
    from events
    where type = 'identify'
),

told as (
    select
        device,
        event_date,
        source,
        is_refused,
        case when user_id is not null then 'user_id' else 'anonymous_id' end as identifier_type,
        coalesce(user_id, anonymous_id) as identifier,
        occurred_at,
        message_id,
        {% for field, names in spellings.items() -%}
        coalesce({% for name in names %}nullif(trim({{ given[name] }}), ''), {% endfor %}null) as {{ field }}{{ ',' if not loop.last }}
        {% endfor %}
    from picked
),

-- A name of two words is a first and a last name; of more, who could tell.
named as (
    select
        told.*,
        instr(full_name, ' ') as gap,
        case when instr(substr(full_name, instr(full_name, ' ') + 1), ' ') = 0 then instr(full_name, ' ') else 0 end > 1 as is_two_words,
        iso.country as country_code
    from told
    {{ iso_country('told.country') }}
),

cleaned as (
    select
        device,
        event_date,
        source,
        is_refused,
        identifier_type,
        identifier,
        occurred_at,
        message_id,
        {% for field, part in [('first_name', 'substr(full_name, 1, gap - 1)'), ('last_name', 'substr(full_name, gap + 1)')] -%}
        coalesce({{ field }}, case when first_name is null and last_name is null and is_two_words then {{ part }} end) as {{ field }},
        {% endfor -%}
        cast(try_cast(substr(birth_date, 1, 10) as date) as string) as birth_date,
        lower(gender) as gender,
        country_code as country,
        {% for field in ['street', 'city', 'postal_code', 'region', 'job_title'] -%}
        {{ field }},
        {% endfor -%}
        -- A company told as an object without a name says nothing.
        case when substr(company, 1, 1) <> '{' then company end as company
    from named
),

fields as (
    {% for field in fields -%}
    select device, event_date, source, identifier_type, identifier, occurred_at, message_id, '{{ field }}' as field, {{ field }} as value
    from cleaned
    where {{ field }} is not null
    union all
    {% endfor -%}
    select device, event_date, source, null, null, occurred_at, message_id, null, null
    from cleaned
    where is_refused
)

select
    device,
    event_date,
    identifier_type,
    identifier,
    field,
    value,
    occurred_at as stated_at,
    message_id,
    source,
    -- How far events have been read, whichever of them told something.
    cast({{ newest_batch(ref('unified_events')) }} as bigint) as _batch
from fields
qualify row_number() over (
    partition by device, event_date, identifier_type, identifier, field
    order by occurred_at desc, message_id desc, value
) = 1
