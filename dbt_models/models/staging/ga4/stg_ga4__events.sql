-- One row per event in Google Analytics 4's BigQuery export. Where an event is about several products, the first one stands in
-- product_id and all of them in products. traffic_source tells how the visitor first came: it counts where that is what the event is.
{{ config(enabled=feeds('ga4', 'events')) }}
{% set item_paths = ['$[0].item_id', '$[0].price', '$[0].quantity'] %}
{% set commerce_paths = ['$.transaction_id', '$.purchase_revenue', '$.refund_value'] %}
{% set collected_paths = ['$.manual_source', '$.manual_medium', '$.manual_campaign_name', '$.manual_term', '$.manual_content'] %}
{% set first_paths = ['$.source', '$.medium', '$.name', '$.campaign', '$.term', '$.content'] %}
{% set first = json_picked('in_first', first_paths) %}
{% set item = json_picked('in_items', item_paths) %}
{% set commerce = json_picked('in_ecommerce', commerce_paths) %}
{% set collected = json_picked('in_collected', collected_paths) %}
{% set manual = {'source': 'source', 'medium': 'medium', 'campaign': 'campaign_name', 'term': 'term', 'content': 'content'} %}
{% set came_first %}
    (event_name in ('first_visit', 'first_open')
        or (event_name = 'session_start' and coalesce({{ ga4_param('params', 'ga_session_number') }}, '1') = '1'))
{% endset %}

with events as (
    select
        *,
        {{ ga4_params('event_params') }} as params,
        {{ ga4_params('user_properties') }} as user_params,
        {{ json_pick('device', ['$.advertising_id']) }} as in_device,
        {{ json_pick('items', item_paths) }} as in_items,
        {{ json_pick('ecommerce', commerce_paths) }} as in_ecommerce,
        {{ json_pick('collected_traffic_source', collected_paths) }} as in_collected,
        {{ json_pick('traffic_source', first_paths) }} as in_first
    from {{ source('raw_ga4', 'events') }}
),

read as (
    select
        _key as message_id,
        event_name,
        user_pseudo_id,
        user_id,
        lower({{ json_picked('in_device', ['$.advertising_id']).advertising_id }}) as advertising_id,
        case when instr(user_id, '@') > 1 then user_id end as raw_email,
        _happened_at,
        {{ ga4_param('params', 'page_location') }} as url,
        {{ ga4_param('params', 'page_referrer') }} as referrer,
        {% for key, name in manual.items() -%}
        coalesce(
            {{ collected['manual_' ~ name] }},
            {{ ga4_param('params', key) }},
            case when {{ came_first }} then {{ 'coalesce(' ~ first.name ~ ', ' ~ first.campaign ~ ')' if key == 'campaign' else first[key] }} end
        ) as given_{{ key }},
        {% endfor -%}
        event_name in ('view_item', 'select_item', 'add_to_cart', 'remove_from_cart', 'add_to_wishlist') as is_about_product,
        {{ item['$[0].item_id'] }} as item_id,
        {{ item['$[0].quantity'] }} as item_quantity,
        {{ item['$[0].price'] }} as item_price,
        coalesce({{ ga4_param('params', 'transaction_id') }}, {{ commerce.transaction_id }}) as order_id,
        coalesce({{ ga4_param('params', 'value') }}, {{ commerce.purchase_revenue }}, {{ commerce.refund_value }}) as total,
        {{ ga4_param('params', 'currency') }} as currency,
        items,
        {{ ga4_object('params', 'user_params') }} as properties,
        _batch
    from events
),

tagged as (
    select
        *,
        {{ url_tags('url') | indent(8) }}
    from read
)

select
    tagged.message_id,
    case tagged.event_name when 'page_view' then 'page' when 'screen_view' then 'screen' else 'track' end as type,
    coalesce(named.event, tagged.event_name) as event,
    tagged.user_pseudo_id as anonymous_id,
    tagged.user_id,
    normal_email.value as email,
    null as phone,
    tagged._happened_at as occurred_at,
    null as received_at,
    tagged.url,
    tagged.referrer,
    {% for key in utm_keys() -%}
    coalesce(
        case when tagged.given_{{ key }} not in ('(direct)', '(none)', '(not set)', '(not provided)') then tagged.given_{{ key }} end,
        {{ url_decoded('tagged.url_' ~ key) }}
    ) as utm_{{ key }},
    {% endfor -%}
    {{ click_id('tagged') }},
    case when tagged.is_about_product then tagged.item_id end as product_id,
    case when tagged.is_about_product then {{ money('tagged.item_quantity') }} end as quantity,
    case when tagged.is_about_product then {{ money('tagged.item_price') }} end as price,
    tagged.order_id,
    {{ money('tagged.total') }} as total,
    upper(tagged.currency) as currency,
    case
        when tagged.item_id is not null
            then replace(replace(tagged.items, '"item_id":', '"product_id":'), '"item_name":', '"name":')
    end as products,
    tagged.properties,
    null as previous_id,
    nullif(tagged.advertising_id, '00000000-0000-0000-0000-000000000000') as advertising_id,
    tagged.user_pseudo_id as ga_client_id,
    null as fbp,
    null as user_agent,
    null as ip,
    'ga4' as source,
    tagged._batch
from tagged
{{ named_event('ga4', 'tagged.event_name') }}
{{ normalised_email('tagged.raw_email') }}
