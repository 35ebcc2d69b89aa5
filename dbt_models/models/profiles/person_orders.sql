-- One row per order with the person who placed it. Orders that only the books know (no customer, no contact) are a
-- person of their own, so that the totals equal the books.
select
    identifiers.profile_id,
    orders.*
from {{ ref('unified_orders') }} as orders
inner join {{ ref('identifiers') }} as identifiers
    on identifiers.identifier_type = 'order_id' and identifiers.identifier = orders.order_id
where not orders.is_test
