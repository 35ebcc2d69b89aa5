{# Whether a product that a person looked at (a row of profile_products) may be offered to them: it was not bought since, nor so lately
   that recent_product_buyers holds them. #}
{% macro still_wanted(interest) -%}
({{ interest }}.bought_at is null or {{ interest }}.bought_at < least({{ interest }}.last_viewed_at, {{ window_start('recent_product_buyers') }}))
{%- endmacro %}
