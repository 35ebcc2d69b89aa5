{# The channel that an ad platform's name stands for, where its campaign says nothing better; NULL for a name that is no platform's. #}
{% macro platform_channel(platform) -%}
case
    when {{ platform }} in ('google_ads', 'google', 'adwords', 'bing_ads', 'bing', 'microsoft_ads', 'apple_search_ads', 'yahoo', 'baidu')
        then 'paid_search'
    when {{ platform }} in (
        'facebook_ads', 'facebook', 'meta_ads', 'meta', 'instagram_ads', 'instagram', 'tiktok_ads', 'tiktok', 'linkedin_ads', 'linkedin',
        'pinterest_ads', 'pinterest', 'snapchat_ads', 'snapchat', 'twitter_ads', 'twitter', 'x_ads', 'reddit_ads', 'reddit'
    ) then 'paid_social'
    when {{ platform }} in ('youtube_ads', 'youtube') then 'video'
    when {{ platform }} in ('criteo', 'dv360', 'display_video_360', 'taboola', 'outbrain') then 'display'
    when {{ platform }} in ('amazon_ads', 'google_shopping') then 'shopping'
    when {{ platform }} in ('awin', 'cj', 'tradedoubler', 'effiliation') then 'affiliate'
end
{%- endmacro %}
