-- One row per creative in Meta Ads, in its newest version, with the utm_campaign that its links carry.
{{ config(enabled=feeds('facebook_ads', 'basic_ad')) }}

with raw as (
    {{ latest_version(source('raw_facebook_ads', 'creative_history'), ['_fivetran_synced']) }}
)

select
    id as creative_id,
    coalesce(
        {{ url_parameter("concat('?', url_tags)", 'utm_campaign') }},
        {% for link in ['page_link', 'object_story_link_data_link', 'link_url', 'template_page_link'] -%}
        {{ url_parameter(link, 'utm_campaign') }}{{ ',' if not loop.last }}
        {% endfor %}
    ) as url_campaign
from raw
