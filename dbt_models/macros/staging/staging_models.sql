{# Which staging models tell of an entity: (source, its raw table, staging model). One with a source that the company does not
   have is left out, so it costs nothing. #}
{% macro staging_models(entity) %}
    {% set told_by = {
        'events': [
            ('segment', 'events', 'stg_segment__events'),
            ('ga4', 'events', 'stg_ga4__events'),
        ],
        'orders': [
            ('shopify', 'order', 'stg_shopify__order'),
            ('klaviyo', 'event', 'stg_klaviyo__placed_order'),
        ],
        'order_lines': [('shopify', 'order_line', 'stg_shopify__order_line')],
        'contacts': [
            ('shopify', 'customer', 'stg_shopify__customer'),
            ('klaviyo', 'person', 'stg_klaviyo__person'),
        ],
        'consents': [
            ('shopify', 'customer', 'stg_shopify__customer_consent'),
            ('klaviyo', 'person', 'stg_klaviyo__person_consent'),
        ],
        'products': [('shopify', 'product', 'stg_shopify__product')],
        'email_events': [('klaviyo', 'event', 'stg_klaviyo__event')],
        'ad_spend': [
            ('google_ads', 'campaign_stats', 'stg_google_ads__campaign_stats'),
            ('facebook_ads', 'basic_ad', 'stg_facebook_ads__basic_ad'),
        ],
    } %}
    {% set models = [] %}
    {% for source, table, model in told_by.get(entity, []) + [('generic', entity, 'stg_generic__' ~ entity)] %}
        {% if feeds(source, table) %}{% do models.append((source, model)) %}{% endif %}
    {% endfor %}
    {{ return(models) }}
{% endmacro %}
