{# A mailing tool's state of a subscription (Shopify's and Klaviyo's words) as an answer: granted, denied or withdrawn.
   NULL where nobody answered yet, as between the two steps of a double opt-in. #}
{% macro consent_status(state) -%}
{{ translated(state, {'subscribed': 'granted', 'unsubscribed': 'withdrawn', 'redacted': 'withdrawn', 'not_subscribed': 'denied'}) }}
{%- endmacro %}
