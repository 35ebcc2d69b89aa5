-- One row per person who is the company's own: by the domain of their e-mail address, or by having placed an order as a test.
with buyers as (
    {% for type in ['customer_id', 'email', 'phone', 'order_id'] -%}
    select '{{ type }}' as identifier_type, {{ account_id(type, 'source') if type == 'customer_id' else type }} as identifier
    from {{ ref('unified_orders') }}
    -- Who ordered from the company's network may be a customer in its shop.
    where is_test and test_reason <> 'internal_network' and {{ type }} is not null
    union
    {% endfor -%}
    -- A test order joins nobody to anybody: its customer may be known by the login of the same number alone.
    select same.identifier_type, orders.customer_id
    from {{ ref('unified_orders') }} as orders
    inner join {{ source('control', 'same_account') }} as same on same.identifier_type <> 'email'
    where orders.is_test and orders.test_reason <> 'internal_network' and orders.customer_id is not null
      and 'customer_id' in (select identifier_type from {{ source('control', 'same_account') }})
),

reasons as (
    select identifiers.profile_id, 'staff' as reason
    from {{ ref('identifiers') }} as identifiers
    inner join {{ source('control', 'staff_domains') }} as staff on {{ mail_domain('identifiers.identifier') }} = staff.domain
    where identifiers.identifier_type = 'email'
    union all
    select identifiers.profile_id, 'test_orders'
    from {{ ref('identifiers') }} as identifiers
    inner join buyers on identifiers.identifier_type = buyers.identifier_type and identifiers.identifier = buyers.identifier
)

select
    profile_id,
    min(reason) as reason
from reasons
group by profile_id
