-- One row per checkout in Shopify that was begun and not finished, as the event that it is: often the only trace of a cart whose
-- owner is known by e-mail but not by cookie.
{{ config(enabled=feeds('shopify', 'abandoned_checkout')) }}

with tagged as (
    select
        *,
        {{ url_tags('landing_site') | indent(8) }}
    from {{ source('raw_shopify', 'abandoned_checkout') }}
    where not coalesce(_fivetran_deleted, false)
)

select
    concat('shopify:checkout:', tagged._key) as message_id,
    'track' as type,
    'Checkout Started' as event,
    null as anonymous_id,
    null as user_id,
    normal_email.value as email,
    normal_phone.value as phone,
    tagged._happened_at as occurred_at,
    null as received_at,
    tagged.abandoned_checkout_url as url,
    tagged.referring_site as referrer,
    {% for key in utm_keys() -%}
    {{ url_decoded('tagged.url_' ~ key) }} as utm_{{ key }},
    {% endfor -%}
    {{ click_id('tagged') }},
    null as product_id,
    null as quantity,
    null as price,
    null as order_id,
    tagged.total_price as total,
    upper(tagged.currency) as currency,
    tagged.line_items as products,
    {{ json_object({'checkout_id': 'tagged.id', 'checkout_url': 'tagged.abandoned_checkout_url', 'customer_id': 'tagged.customer_id'}) }}
        as properties,
    null as previous_id,
    null as advertising_id,
    null as ga_client_id,
    null as fbp,
    null as user_agent,
    null as ip,
    'shopify' as source,
    tagged._batch
from tagged
{{ normalised_email('tagged.email') }}
{{ normalised_phone('tagged.phone', 'tagged.shipping_address_country_code') }}
