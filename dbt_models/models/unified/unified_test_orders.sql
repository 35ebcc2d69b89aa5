-- One row per order that somebody of the company placed to try things out, whichever source tells so: a source calls it a test, the
-- buyer's address is a test's (blocked_identifiers) or of the company's own people, or it came from the company's own network.
{{ config(alias='test_orders') }}

with visitors as (
    {{ unify('order_visitors', {'order_id': 'string', 'ip': 'string'}) }}
),

buyers as (
    select order_id, email from {{ ref('unified_order_headers') }} where email is not null
    union
    select order_id, email from {{ ref('unified_event_orders') }} where email is not null
),

reasons as (
    select order_id, 'test_status' as reason, 1 as place
    from {{ ref('unified_order_headers') }}
    where status = 'test'
    union all
    select buyers.order_id, 'test_address', 2
    from buyers
    inner join {{ ref('blocked_identifiers') }} as blocked on buyers.email like blocked.pattern
    where blocked.identifier_type = 'email' and blocked.reason = 'test'
    union all
    select buyers.order_id, 'staff_address', 3
    from buyers
    inner join {{ source('control', 'staff_domains') }} as staff on {{ mail_domain('buyers.email') }} = staff.domain
    union all
    select order_id, 'internal_network', 4
    from {{ ref('unified_order_statements') }}
    where event = 'Order Completed' and is_internal
    union all
    select {{ known_as('visitors.order_id') }}, 'internal_network', 4
    from visitors
    inner join {{ source('identity', 'ip_addresses') }} as addresses on visitors.ip = addresses.ip
    {{ known_order('visitors.source', 'visitors.order_id') }}
    where addresses.is_internal
)

select
    order_id,
    min_by(reason, place) as reason
from reasons
group by order_id
