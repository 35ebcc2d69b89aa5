-- One row per ad and day in Meta Ads, in its newest version, as reported.
{{ config(enabled=feeds('facebook_ads', 'basic_ad')) }}

{{ latest_version(source('raw_facebook_ads', 'basic_ad'), ['_fivetran_synced']) }}
