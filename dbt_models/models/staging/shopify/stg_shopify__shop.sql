-- One row: what Shopify knows of the shop itself, in its newest version. No row where two shops are told of, since products do not say
-- whose they are.
{{ config(enabled=feeds('shopify', 'product')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'shop'), ['updated_at', '_fivetran_synced']) }}
)

select
    min(currency) as currency,
    -- The domain that customers see, with or without what browsers put before it.
    'https://' || min(split_part(regexp_replace(trim(domain), '^https?://', ''), '/', 1)) as website
from raw
where not coalesce(_fivetran_deleted, false)
having count(*) = 1
