-- One row per thing said about consent, with the person it was said for. An unsubscription, a complaint or a stop is a withdrawal,
-- wherever it was said. A refusal reaches whoever's contact, form, order or login carries the address it was said with, although that
-- may stand for nobody (info@…) or for somebody else (a parent), and whoever has the number in a system of their own where the company
-- itself has given it to nobody; a grant holds for the person that the address stands for alone. A lead that comes with a proof of
-- consent says yes to what that proof stands for, with the address and the number in it.
{% set accounts = "('contact_id', 'lead_id', 'customer_id')" %}

with told as (
    {{ consent_told() | indent(4) }}
),

refusing as (
    select distinct identifier_type, identifier from told where status in ('denied', 'withdrawn')
),

carried as (
    select distinct edges.right_type as identifier_type, edges.right_identifier as identifier, owners.profile_id
    from refusing
    inner join {{ ref('edges') }} as edges
        on refusing.identifier_type = edges.right_type and refusing.identifier = edges.right_identifier
    inner join {{ ref('identifiers') }} as owners on edges.left_type = owners.identifier_type and edges.left_identifier = owners.identifier
    where edges.right_type in ('email', 'phone', 'hashed_email')
      and edges.left_type in ('contact_id', 'lead_id', 'order_id', 'customer_id', 'user_id')
    union
    select refusing.identifier_type, refusing.identifier, owners.profile_id
    from refusing
    inner join {{ ref('identifiers') }} as owners
        on owners.identifier_type in {{ accounts }} and refusing.identifier = {{ bare_account('owners.identifier') }}
    left join (
        select left_type as identifier_type, left_identifier as identifier from {{ ref('edges') }}
        where left_type in {{ accounts }}
        union all
        select right_type, right_identifier from {{ ref('edges') }}
        where right_type in {{ accounts }}
    ) as given on refusing.identifier_type = given.identifier_type and refusing.identifier = given.identifier
    where refusing.identifier_type in {{ accounts }} and given.identifier is null
),

reached as (
    select identifier_type, identifier, profile_id, true as is_own from {{ ref('identifiers') }}
    union all
    select carried.identifier_type, carried.identifier, carried.profile_id, false
    from carried
    left join {{ ref('identifiers') }} as own
        on carried.identifier_type = own.identifier_type and carried.identifier = own.identifier and carried.profile_id = own.profile_id
    where own.profile_id is null
)

select
    reached.profile_id,
    people.region,
    told.identifier_type,
    told.identifier,
    told.purpose,
    told.status,
    told.occurred_at,
    told.collected_by,
    told.proof,
    coalesce(trim(told.proof), '') <> '' as is_proven,
    coalesce(lower(translate(told.collected_by, ' -', '__')), '') in ('double_opt_in', 'double_optin', 'doi', 'confirmed_opt_in') as is_confirmed
from told
inner join reached
    on told.identifier_type = reached.identifier_type and told.identifier = reached.identifier
    and (reached.is_own or told.status <> 'granted')
inner join {{ ref('consent_people') }} as people on reached.profile_id = people.profile_id
where told.status in ('granted', 'denied', 'withdrawn')
