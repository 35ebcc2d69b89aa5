-- One row per order in Shopify whose buyer's address on the internet is known. At the till and on the phone it is the shop's own.
{{ config(enabled=feeds('shopify', 'order')) }}

select
    order_id,
    ip,
    'shopify' as source,
    _batch
from {{ ref('stg_shopify__order') }}
where ip is not null and coalesce(lower(channel), 'web') not in ('pos', 'shopify_draft_order')
