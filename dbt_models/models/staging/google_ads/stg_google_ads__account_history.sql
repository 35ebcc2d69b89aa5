-- One row per Google Ads account, in its newest version.
{{ config(enabled=feeds('google_ads', 'campaign_stats')) }}

with raw as (
    {{ latest_version(source('raw_google_ads', 'account_history'), ['updated_at', '_fivetran_synced']) }}
)

select
    id as account_id,
    descriptive_name as account_name,
    upper(currency_code) as currency
from raw
