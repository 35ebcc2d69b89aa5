{# Which staging models tell of an entity: (source, its raw table, staging model). One with a source that the company does not
   have is left out, so it costs nothing. #}
{% macro staging_models(entity) %}
    {% set told_by = {
        'events': [
            ('segment', 'events', 'stg_segment__events'),
            ('ga4', 'events', 'stg_ga4__events'),
            ('snowplow', 'events', 'stg_snowplow__events'),
            ('hubspot', 'contact_form_submission', 'stg_hubspot__form_submission'),
            ('shopify', 'abandoned_checkout', 'stg_shopify__abandoned_checkout'),
        ],
        'orders': [
            ('shopify', 'order', 'stg_shopify__order'),
            ('hubspot', 'deal', 'stg_hubspot__deal'),
            ('klaviyo', 'event', 'stg_klaviyo__placed_order'),
        ],
        'order_aliases': [('shopify', 'order', 'stg_shopify__order_alias')],
        'order_reversals': [('klaviyo', 'event', 'stg_klaviyo__order_reversal')],
        'order_visitors': [('shopify', 'order', 'stg_shopify__order_visitor')],
        'order_lines': [
            ('shopify', 'order_line', 'stg_shopify__order_line'),
            ('snowplow', 'events', 'stg_snowplow__order_line'),
        ],
        'contacts': [
            ('shopify', 'customer', 'stg_shopify__customer'),
            ('hubspot', 'contact', 'stg_hubspot__contact'),
            ('klaviyo', 'person', 'stg_klaviyo__person'),
        ],
        'leads': [('hubspot', 'contact', 'stg_hubspot__lead')],
        'consents': [
            ('shopify', 'customer', 'stg_shopify__customer_consent'),
            ('hubspot', 'contact', 'stg_hubspot__contact_consent'),
            ('hubspot', 'email_subscription_change', 'stg_hubspot__email_subscription_change'),
            ('klaviyo', 'person', 'stg_klaviyo__person_consent'),
            ('klaviyo', 'event', 'stg_klaviyo__event_consent'),
            ('snowplow', 'events', 'stg_snowplow__consent'),
        ],
        'products': [('shopify', 'product', 'stg_shopify__product')],
        'email_events': [
            ('hubspot', 'email_event', 'stg_hubspot__email_event'),
            ('klaviyo', 'event', 'stg_klaviyo__event'),
        ],
        'message_events': [('klaviyo', 'event', 'stg_klaviyo__message_event')],
        'device_consents': [('ga4', 'events', 'stg_ga4__consent')],
        'calls': [('hubspot', 'engagement_call', 'stg_hubspot__call')],
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
