-- One row per person, e-mail address or phone number of theirs, and purpose that goes by address: whether it may be used so. A grant
-- covers the address it was given for. Given with an account or a device, it covers the addresses seen together with that, or else the
-- only address there is. A refusal covers the address it was said for; said with anything but an address, all of the person's.
{% set kinds = addressed_purposes() %}

with own as (
    select
        profile_id,
        identifier_type,
        identifier,
        identifier_type || ':' || identifier as subject,
        count(*) over (partition by profile_id, identifier_type) = 1 as is_only_one
    from {{ ref('identifiers') }}
    where identifier_type in ('{{ kinds.keys() | join("', '") }}')
),

addresses as (
    {% for kind, purposes in kinds.items() -%}
    {% for purpose in purposes -%}
    select *, '{{ purpose }}' as purpose from own where identifier_type = '{{ kind }}'
    {{ 'union all' if not loop.last }}
    {% endfor -%}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- What was said about such a purpose with something else than an address of its kind.
said_elsewhere as (
    {% for kind, purposes in kinds.items() -%}
    select *, '{{ kind }}' as kind
    from {{ ref('consent_statements') }}
    where purpose in ('{{ purposes | join("', '") }}') and identifier_type <> '{{ kind }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Addresses seen together with what such grants were given with.
beside as (
    {% for this, other in [('left', 'right'), ('right', 'left')] -%}
    select said.identifier_type as said_type, said.identifier as said_identifier, edges.{{ other }}_type as kind, edges.{{ other }}_identifier as address
    from (select distinct identifier_type, identifier from said_elsewhere where status = 'granted') as said
    inner join {{ ref('edges') }} as edges on said.identifier_type = edges.{{ this }}_type and said.identifier = edges.{{ this }}_identifier
    where edges.accepted and edges.{{ other }}_type in ('{{ kinds.keys() | join("', '") }}')
    {{ 'union' if not loop.last }}
    {% endfor %}
),

grants as (
    select
        said.*,
        beside.address as address_beside
    from said_elsewhere as said
    left join beside
        on said.identifier_type = beside.said_type and said.identifier = beside.said_identifier and said.kind = beside.kind
    where said.status = 'granted'
),

reaching as (
    {% for relation, condition in [
        (ref('consent_statements'), 'addresses.identifier_type = said.identifier_type and addresses.identifier = said.identifier'),
        ('said_elsewhere', "said.status <> 'granted'"),
        ('grants', 'addresses.identifier = said.address_beside'),
        ('grants', 'said.address_beside is null and addresses.is_only_one'),
    ] -%}
    select
        addresses.profile_id,
        addresses.purpose,
        addresses.subject,
        said.{{ ['region', 'identifier_type', 'identifier', 'status', 'occurred_at', 'collected_by', 'proof', 'is_proven', 'is_confirmed'] | join(', said.') }}
    from addresses
    inner join {{ relation }} as said
        on addresses.profile_id = said.profile_id and addresses.purpose = said.purpose and {{ condition }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

sold_to as (
    {% for kind in kinds -%}
    select distinct profile_id, '{{ kind }}' as kind, {{ kind }} as address
    from {{ ref('person_orders') }}
    where is_revenue and {{ kind }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Whose orders name no address is written to at the one that survived.
sold_without as (
    select fields.profile_id, fields.field as kind, fields.value as address
    from {{ ref('profile_fields') }} as fields
    left join (select distinct profile_id, kind from sold_to) as sold on fields.profile_id = sold.profile_id and fields.field = sold.kind
    where fields.field in ('{{ kinds.keys() | join("', '") }}') and sold.profile_id is null
),

at_work as (
    {% for kind in kinds -%}
    select distinct '{{ kind }}' as kind, {{ kind }} as address
    from {{ ref('unified_contacts') }}
    where person_kind = 'professional' and {{ kind }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

subjects as (
    select
        addresses.profile_id,
        addresses.purpose,
        addresses.subject,
        people.region,
        people.first_seen_at,
        people.last_sale_at,
        people.last_action_at,
        people.last_sale_at is not null and customers.address is not null as is_customer,
        people.is_professional and at_work.address is not null as is_professional,
        true as is_anyone
    from addresses
    inner join {{ ref('consent_people') }} as people on addresses.profile_id = people.profile_id
    left join (select * from sold_to union all select * from sold_without) as customers
        on addresses.profile_id = customers.profile_id and addresses.identifier_type = customers.kind and addresses.identifier = customers.address
    left join at_work on addresses.identifier_type = at_work.kind and addresses.identifier = at_work.address
),

decided as (
    {{ consent_decided('subjects', 'reaching') | indent(4) }}
)

select
    addresses.profile_id,
    addresses.purpose,
    addresses.identifier_type,
    addresses.identifier,
    decided.status,
    decided.basis,
    decided.since,
    decided.said_with,
    decided.collected_by,
    decided.proof
from decided
inner join addresses
    on decided.profile_id = addresses.profile_id and decided.purpose = addresses.purpose and decided.subject = addresses.subject
