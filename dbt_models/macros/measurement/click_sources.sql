{# Whose click id it is, and what it says of the click. Google's, Microsoft's, TikTok's and LinkedIn's are put on advertisements alone
   (auto-tagging; ads.tiktok.com/help/article/tiktok-click-id); Meta puts its own on every link that leaves it, paid for or not, so that
   it tells of a social network and no more. #}
{% macro click_sources() %}
    {{ return({
        'gclid': ('google', 'cpc'), 'gbraid': ('google', 'cpc'), 'wbraid': ('google', 'cpc'), 'msclkid': ('bing', 'cpc'),
        'ttclid': ('tiktok', 'cpc'), 'li_fat_id': ('linkedin', 'cpc'), 'fbclid': ('facebook', 'social'),
    }) }}
{% endmacro %}
