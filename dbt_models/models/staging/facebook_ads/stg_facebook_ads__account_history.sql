-- One row per Meta ad account, in its newest version.
{{ config(enabled=feeds('facebook_ads', 'basic_ad')) }}

with raw as (
    {{ latest_version(source('raw_facebook_ads', 'account_history'), ['_fivetran_synced']) }}
)

select
    id as account_id,
    name as account_name,
    upper(currency) as currency
from raw
