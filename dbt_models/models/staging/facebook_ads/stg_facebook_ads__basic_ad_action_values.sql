-- One row per ad, day and kind of action that followed from it in Meta Ads, with its worth, in its newest version.
{{ config(enabled=feeds('facebook_ads', 'basic_ad')) }}

{{ latest_version(source('raw_facebook_ads', 'basic_ad_action_values'), ['_fivetran_synced']) }}
