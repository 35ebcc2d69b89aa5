-- One row per event collected by Snowplow. E-commerce events tell what they are about in entities (Snowplow Ecommerce schemas), older
-- ones in columns of their own (tr_, ti_) or in the event itself (add_to_cart). Where an event is about several products, the first
-- one stands in product_id and all of them in products.
{{ config(enabled=feeds('snowplow', 'events')) }}
{% set nobody = "'00000000-0000-0000-0000-000000000000'" %}
{% set told_paths = ['$.type', '$.sku', '$.unitPrice', '$.unit_price', '$.price', '$.quantity', '$.currency'] %}
{% set product_paths = ['$[0].id', '$[0].price', '$[0].quantity', '$[0].currency'] %}
{% set transaction_paths = ['$[0].transaction_id', '$[0].revenue', '$[0].currency'] %}
{% set refund_paths = ['$[0].transaction_id', '$[0].refund_amount', '$[0].currency'] %}
{% set user_paths = ['$[0].id', '$[0].email', '$[0].is_guest'] %}
{% set session_paths = ['$[0].userId', '$[0].user_id'] %}
{% set mobile_paths = ['$[0].appleIdfa', '$[0].apple_idfa', '$[0].androidIdfa', '$[0].android_idfa'] %}
{% set told = json_picked('in_told', told_paths) %}
{% set product = json_picked('in_product', product_paths) %}
{% set transaction = json_picked('in_transaction', transaction_paths) %}
{% set refund = json_picked('in_refund', refund_paths) %}
{% set user = json_picked('in_user', user_paths) %}
{% set session = json_picked('in_session', session_paths) %}
{% set mobile = json_picked('in_mobile', mobile_paths) %}
{% set unstruct = json_picked('in_unstruct', snowplow_unstruct_paths()) %}
{% set amount -%}
    case own_name when 'transaction' then {{ transaction['$[0].revenue'] }} when 'refund' then {{ refund['$[0].refund_amount'] }} end
{%- endset %}
{% set ecommerce = 'com.snowplowanalytics.snowplow.ecommerce' %}

with events as (
    select
        *,
        {{ json_pick('unstruct_event', snowplow_unstruct_paths()) }} as in_unstruct,
        {{ iglu_entities('contexts') }} as entities
    from {{ source('raw_snowplow', 'events') }}
),

opened as (
    select
        *,
        coalesce(
            case when event in ('struct', 'transaction', 'transaction_item') then event end,
            event_name,
            nullif(regexp_extract({{ unstruct['data.schema'] }}, 'iglu:[^/]+/([^/]+)/', 1), ''),
            event
        ) as name,
        {{ snowplow_told(['ecommerce_snowplow_ecommerce_action', 'add_to_cart', 'remove_from_cart']) }} as told,
        {% for name in ['product', 'transaction', 'refund', 'checkout_step', 'user'] -%}
        {{ snowplow_entity(ecommerce, name, ['1', '1_0_0']) }} as {{ name }}_entities,
        {% endfor -%}
        {{ snowplow_entity('com.snowplowanalytics.snowplow', 'client_session', ['1', '1_0_1']) }} as session_entities,
        {{ snowplow_entity('com.snowplowanalytics.snowplow', 'mobile_context', ['1', '1_0_2']) }} as mobile_entities
    from events
),

picked as (
    select
        *,
        {{ json_pick('told', told_paths) }} as in_told,
        {{ json_pick('product_entities', product_paths) }} as in_product,
        {{ json_pick('transaction_entities', transaction_paths) }} as in_transaction,
        {{ json_pick('refund_entities', refund_paths) }} as in_refund,
        {{ json_pick('checkout_step_entities', ['$[0].step']) }} as in_step,
        {{ json_pick('user_entities', user_paths) }} as in_user,
        {{ json_pick('session_entities', session_paths) }} as in_session,
        {{ json_pick('mobile_entities', mobile_paths) }} as in_mobile
    from opened
),

named as (
    select
        *,
        case
            when name = 'struct' then se_action
            when name = 'snowplow_ecommerce_action' then coalesce({{ told.type }}, name)
            else name
        end as own_name,
        -- What a structured event is called means something only within its category. Snowplow knows no start of the checkout but its
        -- first step.
        case
            when name = 'struct' then concat(se_category, '/', se_action)
            when name = 'snowplow_ecommerce_action' and {{ told.type }} = 'checkout_step'
                and {{ json_picked('in_step', ['$[0].step'])['$[0].step'] }} = '1' then 'checkout_step_1'
            when name = 'snowplow_ecommerce_action' then {{ told.type }}
            else name
        end as listed_name
    from picked
),

read as (
    select
        event_id as message_id,
        case name when 'page_view' then 'page' when 'screen_view' then 'screen' else 'track' end as type,
        own_name,
        listed_name,
        -- An app's device stands in its session. network_userid is left alone: the other ids are missing because the visitor is to stay
        -- unknown, and the collector's own cookie, which other sites share, would undo that.
        nullif(coalesce(domain_userid, {{ session['$[0].userId'] }}, {{ session['$[0].user_id'] }}), {{ nobody }}) as anonymous_id,
        coalesce(user_id, case when lower({{ user['$[0].is_guest'] }}) = 'true' then null else {{ user['$[0].id'] }} end) as user_id,
        coalesce({{ user['$[0].email'] }}, case when instr(user_id, '@') > 1 then user_id end) as raw_email,
        nullif(lower(coalesce({{ mobile.values() | join(', ') }})), {{ nobody }}) as advertising_id,
        _happened_at as occurred_at,
        collector_tstamp as received_at,
        page_url as url,
        page_referrer as referrer,
        {% for key in utm_keys() -%}
        mkt_{{ key }},
        {% endfor -%}
        mkt_clickid,
        case lower(trim(mkt_network))
            when 'google' then 'gclid'
            when 'microsoft' then 'msclkid'
            when 'facebook' then 'fbclid'
        end as mkt_click_type,
        own_name in ('product_view', 'list_click', 'add_to_cart', 'remove_from_cart') as is_about_product,
        coalesce({{ told.sku }}, {{ product['$[0].id'] }}) as product_id,
        coalesce({{ told.quantity }}, {{ product['$[0].quantity'] }}) as quantity,
        coalesce({{ told.unitPrice }}, {{ told.unit_price }}, {{ told.price }}, {{ product['$[0].price'] }}) as price,
        -- A payment that failed (trns_error) tells of a transaction too, but is no order.
        coalesce(
            tr_orderid, ti_orderid,
            case own_name
                when 'transaction' then {{ transaction['$[0].transaction_id'] }}
                when 'refund' then {{ refund['$[0].transaction_id'] }}
            end
        ) as order_id,
        coalesce(tr_total, {{ money(amount) }}) as total,
        coalesce(
            tr_currency, ti_currency, {{ refund['$[0].currency'] }}, {{ transaction['$[0].currency'] }},
            {{ told.currency }}, {{ product['$[0].currency'] }}
        ) as currency,
        case when {{ product['$[0].id'] }} is not null then replace(product_entities, '"id":', '"product_id":') end as products,
        case
            when name = 'struct'
                then {{ json_object({
                    'category': 'se_category', 'action': 'se_action', 'label': 'se_label', 'property': 'se_property', 'value': 'se_value',
                }) }}
            -- An event of the company's own stands in a column of its own.
            when event = 'unstruct' then coalesce(told, _extra)
        end as properties,
        useragent as user_agent,
        user_ipaddress as ip,
        _batch
    from named
),

tagged as (
    select
        *,
        {{ url_tags('url') | indent(8) }}
    from read
),

clicked as (
    select
        *,
        {{ click_id('tagged') }}
    from tagged
)

select
    clicked.message_id,
    clicked.type,
    coalesce(named.event, clicked.own_name) as event,
    clicked.anonymous_id,
    clicked.user_id,
    normal_email.value as email,
    null as phone,
    clicked.occurred_at,
    clicked.received_at,
    clicked.url,
    clicked.referrer,
    {% for key in utm_keys() -%}
    coalesce(clicked.mkt_{{ key }}, {{ url_decoded('clicked.url_' ~ key) }}) as utm_{{ key }},
    {% endfor -%}
    -- The URL names the kind of click exactly, the enrichment only the ad network.
    coalesce(clicked.click_id_type, case when clicked.mkt_clickid is not null then clicked.mkt_click_type end) as click_id_type,
    coalesce(clicked.click_id, case when clicked.mkt_click_type is not null then clicked.mkt_clickid end) as click_id,
    case when clicked.is_about_product then clicked.product_id end as product_id,
    case when clicked.is_about_product then {{ money('clicked.quantity') }} end as quantity,
    case when clicked.is_about_product then {{ money('clicked.price') }} end as price,
    clicked.order_id,
    clicked.total,
    upper(clicked.currency) as currency,
    clicked.products,
    clicked.properties,
    null as previous_id,
    clicked.advertising_id,
    null as ga_client_id,
    null as fbp,
    clicked.user_agent,
    clicked.ip,
    'snowplow' as source,
    clicked._batch
from clicked
{{ named_event('snowplow', 'clicked.listed_name') }}
{{ normalised_email('clicked.raw_email') }}
