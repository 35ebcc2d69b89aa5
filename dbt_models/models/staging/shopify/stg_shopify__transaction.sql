-- One row per payment or repayment in Shopify, in its newest version.
{{ config(enabled=feeds('shopify', 'order')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'transaction'), ['_fivetran_synced']) }}
)

select
    id as transaction_id,
    order_id,
    lower(kind) as kind,
    lower(status) as status,
    amount,
    upper(currency) as currency,
    coalesce(test, false) as is_test
from raw
