{# The parameters by which ad platforms mark a click in the landing URL. gclid, gbraid, wbraid: Google Ads; fbclid: Meta;
   ttclid: TikTok; msclkid: Microsoft; li_fat_id: LinkedIn. #}
{% macro click_id_names() %}
    {{ return(['gclid', 'gbraid', 'wbraid', 'fbclid', 'ttclid', 'msclkid', 'li_fat_id']) }}
{% endmacro %}
