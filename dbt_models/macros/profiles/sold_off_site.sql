{# Whether an order's channel says that it was placed elsewhere than on the site; one without a channel was placed there. #}
{% macro sold_off_site(channel) -%}
coalesce(translate(lower(trim({{ channel }})), '_-', '  ') in (
    'store', 'retail', 'pos', 'point of sale', 'in store', 'instore', 'shop floor', 'counter', 'boutique', 'magasin', 'filiale', 'laden',
    'phone', 'telephone', 'call center', 'call centre', 'fax', 'mail', 'mail order', 'sales', 'representative', 'shopify draft order'
), false)
{%- endmacro %}
