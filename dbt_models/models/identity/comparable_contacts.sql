-- One row per contact and source, its fields in the form in which contacts are compared with each other.
-- A minor is who was under age when the contact was made; where it does not say when, by the newest date of all contacts.
with contacts as (
    select * from {{ ref('unified_contacts') }} where contact_id is not null
),

known as (
    select max(cast(coalesce(updated_at, created_at) as date)) as through from contacts
)

select
    {{ account_id('contacts.contact_id', 'contacts.source') }} as contact_id,
    contacts.source,
    {% for field in ['first_name', 'last_name', 'postal_code', 'city', 'region', 'country', 'company'] -%}
    {{ folded('contacts.' ~ field) }} as {{ field }},
    {% endfor -%}
    {{ folded('contacts.street') }} as address,
    {{ folded("translate(contacts.street, '0123456789', '')") }} as street,
    nullif(regexp_extract(contacts.street, '[0-9]+', 0), '') as house,
    cast(contacts.birth_date as varchar(10)) as birth_date,
    case
        when lower(trim(contacts.gender)) in ('f', 'female', 'w', 'woman', 'femme') then 'f'
        when lower(trim(contacts.gender)) in ('m', 'male', 'man', 'h', 'homme') then 'm'
    end as gender,
    contacts.email,
    contacts.phone,
    coalesce(
        {{ years_after('contacts.birth_date', 18) }} > cast(coalesce(contacts.created_at, contacts.updated_at, known.through) as date), false
    ) as is_minor,
    contacts.created_at,
    contacts.traits
from contacts
cross join known
