-- One row per order in Shopify and other name that systems call it by: the name that customers see (#1001), its number, and the
-- id of the GraphQL API.
{{ config(enabled=feeds('shopify', 'order')) }}

with orders as (
    select * from {{ ref('stg_shopify__order') }}
),

forms as (
    select 'name' as form
    union all
    select 'plain name'
    union all
    select 'number'
    union all
    select 'graphql'
),

named as (
    select
        case forms.form
            when 'name' then trim(orders.order_name)
            when 'plain name' then replace(trim(orders.order_name), '#', '')
            when 'number' then trim(orders.order_number)
            else concat('gid://shopify/Order/', orders.order_id)
        end as alias,
        orders.order_id,
        orders.source,
        orders._batch
    from orders
    cross join forms
)

select distinct alias, order_id, source, _batch
from named
where alias <> ''
