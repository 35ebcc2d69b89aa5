{# Events that follow the Segment spec, from a raw table of them, in the columns of unified.events. `as_sent` tells whether the
   table has what the clients and warehouses send (traits, previous ids, columns of their own) or the canonical columns alone.

   A warehouse's row has properties, traits and context spread over columns, which the loads keep in _extra: `context_page_url`,
   and `order_id` for a property. Such a row is one without properties, traits and context; of all others _extra is not read. #}
{% macro spec_events(source_name, relation, as_sent) %}
{% set property_paths = [
    '$.email', '$.phone', '$.url', '$.referrer', '$.product_id', '$.quantity', '$.price', '$.order_id',
    '$.total', '$.revenue', '$.value', '$.currency', '$.products', '$.fbp', '$.ga_client_id',
] %}
{# Where the first version of the spec and some trackers keep the ids; the stock keeping unit stands in for a product's id. #}
{% set old_paths = ['$.productId', '$.id', '$.sku', '$.orderId'] %}
{% set context_paths = [
    '$.ip', '$.userAgent', '$.page.url', '$.page.referrer',
    '$.campaign.source', '$.campaign.medium', '$.campaign.name', '$.campaign.term', '$.campaign.content',
    '$.user_agent', '$.traits.email', '$.traits.phone', '$.device.advertisingId', '$.device.advertising_id', '$.fbp', '$.ga_client_id',
] %}
{% set flat_paths = [
    '$.context_ip', '$.context_user_agent', '$.context_page_url', '$.context_page_referrer',
    '$.context_campaign_source', '$.context_campaign_medium', '$.context_campaign_name', '$.context_campaign_term',
    '$.context_campaign_content', '$.context_device_advertising_id', '$.context_fbp', '$.context_ga_client_id', '$.path', '$.title',
] %}
{% set trait_paths = ['$.email', '$.phone'] %}
{% set given = json_picked('in_properties', property_paths) %}
{% set old = json_picked('in_old_properties', old_paths) %}
{% set nested = json_picked('in_context', context_paths) %}
{% set flat = json_picked('in_columns', flat_paths) %}
{% set traits = json_picked('in_traits', trait_paths) %}
{% set campaign = {'source': 'source', 'medium': 'medium', 'campaign': 'name', 'term': 'term', 'content': 'content'} %}
{# Events that tell of somebody else: the address among their properties is a friend's, no identifier of who acts. #}
{% set about_others = 'invit|refer|shar(e|ing)|friend|gift|recipient|recommend|parrain' %}
{# A column that clients send and the canonical shape has not. #}
{% set absent = 'cast(null as string)' %}
{% set about_one_product = [
    'Product Viewed', 'Product Clicked', 'Product Added', 'Product Removed', 'Product Shared', 'Product Reviewed',
    'Product Added to Wishlist', 'Product Removed from Wishlist', 'Wishlist Product Added to Cart',
] %}

with raw as (
    select
        *,
        {% if as_sent -%}
        coalesce(event_text, event) as event_name,
        case when coalesce(properties, traits, context) is null then _extra end as columns_of_its_own
        {%- else -%}
        event as event_name,
        {% for name in ['traits', 'name', 'category', 'group_id', 'previous_id', 'version', 'email', 'phone', 'request_ip',
            'context_traits_email', 'context_traits_phone'] -%}
        {{ absent }} as {{ name }},
        {% endfor -%}
        case when coalesce(properties, context) is null then _extra end as columns_of_its_own
        {%- endif %}
    from {{ relation }}
),

picked as (
    select
        *,
        coalesce(properties, columns_of_its_own) as body,
        {{ json_pick('coalesce(properties, columns_of_its_own)', property_paths) }} as in_properties,
        {{ json_pick('context', context_paths) }} as in_context,
        {{ json_pick('traits', trait_paths) }} as in_traits,
        {{ json_pick('columns_of_its_own', flat_paths) }} as in_columns
    from raw
),

called as (
    select
        *,
        {{ spec_call('type', 'event_name', '_file', {
            'alias': 'previous_id is not null',
            'group': 'group_id is not null',
            'identify': 'traits is not null',
            'page': 'coalesce(' ~ [given.url, flat.path, flat.title, 'name'] | join(', ') ~ ') is not null',
        }) }} as call,
        coalesce({{ given.email }}, {{ given.phone }}, email, phone) is not null
            and coalesce({{ matches('lower(event_name)', about_others) }}, false) as is_about_others
    from picked
),

read as (
    select
        message_id,
        call,
        event_name,
        -- An alias call names the device's id as the one it had before.
        case when call = 'alias' then coalesce(anonymous_id, previous_id) else anonymous_id end as device,
        user_id as login,
        case when call = 'alias' then previous_id end as previous_id,
        lower(coalesce(
            {{ nested['device.advertisingId'] }}, {{ nested['device.advertising_id'] }}, {{ flat.context_device_advertising_id }}
        )) as advertising_id,
        coalesce({{ given.ga_client_id }}, {{ nested.ga_client_id }}, {{ flat.context_ga_client_id }}) as ga_client_id,
        coalesce({{ given.fbp }}, {{ nested.fbp }}, {{ flat.context_fbp }}) as fbp,
        _happened_at as occurred_at,
        -- The traits of a group call are the group's, not the person's.
        coalesce(
            case when call <> 'group' then {{ traits.email }} end,
            case when call = 'identify' then email end,
            {{ nested['traits.email'] }},
            context_traits_email,
            case when call <> 'group' and not is_about_others then coalesce({{ given.email }}, email) end,
            case when instr(user_id, '@') > 1 then user_id end
        ) as raw_email,
        coalesce(
            case when call <> 'group' then {{ traits.phone }} end,
            case when call = 'identify' then phone end,
            {{ nested['traits.phone'] }},
            context_traits_phone,
            case when call <> 'group' and not is_about_others then coalesce({{ given.phone }}, phone) end
        ) as raw_phone,
        received_at,
        coalesce({{ nested['page.url'] }}, {{ flat.context_page_url }}, {{ given.url }}) as url,
        coalesce({{ nested['page.referrer'] }}, {{ flat.context_page_referrer }}, {{ given.referrer }}) as referrer,
        {% for key in campaign.values() -%}
        coalesce({{ nested['campaign.' ~ key] }}, {{ flat['context_campaign_' ~ key] }}) as campaign_{{ key }},
        {% endfor -%}
        {{ given.product_id }} as product,
        {{ money(given.quantity) }} as quantity,
        {{ money(given.price) }} as price,
        {{ given.order_id }} as order_number,
        {{ money('coalesce(' ~ given.total ~ ', ' ~ given.revenue ~ ', ' ~ given.value ~ ')') }} as total,
        upper({{ given.currency }}) as currency,
        {{ given.products }} as products,
        coalesce(
            properties,
            traits,
            case when call in ('identify', 'group') then {{ json_picked(json_pick('context', ['$.traits']), ['$.traits']).traits }} end,
            {{ json_without('columns_of_its_own', ['id'], 'context_') }}
        ) as properties,
        body,
        name,
        category,
        group_id,
        case when columns_of_its_own is not null then version end as version,
        email,
        phone,
        coalesce({{ nested.userAgent }}, {{ nested.user_agent }}, {{ flat.context_user_agent }}) as user_agent,
        coalesce({{ nested.ip }}, {{ flat.context_ip }}, request_ip) as ip,
        _batch
    from called
),

tagged as (
    select
        *,
        {{ url_tags('landing') | indent(8) }}
    from (
        select
            *,
            -- Most addresses have no parameters to look for.
            case when instr(url, '?') > 0 then url end as landing
        from read
    )
),

named as (
    select
        tagged.*,
        coalesce(names.event, tagged.event_name) as event,
        normal_email.value as email_address,
        normal_phone.value as phone_number,
        case
            when names.event in ('{{ about_one_product | join("', '") }}') and tagged.product is null
                or names.event in ('Order Completed', 'Order Updated', 'Order Refunded', 'Order Cancelled') and tagged.order_number is null
                then {{ json_pick('tagged.body', old_paths) }}
        end as in_old_properties
    from tagged
    {{ named_event('segment', 'tagged.event_name', alias='names') }}
    {{ normalised_email('tagged.raw_email') }}
    {{ normalised_phone('tagged.raw_phone') }}
)

select
    message_id,
    call as type,
    case call when 'page' then 'Page Viewed' when 'screen' then 'Screen Viewed' else event end as event,
    {{ plain_id('device') }} as anonymous_id,
    {{ plain_id('login') }} as user_id,
    email_address as email,
    phone_number as phone,
    occurred_at,
    received_at,
    url,
    referrer,
    {% for key, name in campaign.items() -%}
    coalesce(campaign_{{ name }}, {{ url_decoded('url_' ~ key) }}) as utm_{{ key }},
    {% endfor -%}
    {{ click_id('named') }},
    coalesce(
        {{ plain_id('product') }},
        case when event in ('{{ about_one_product | join("', '") }}') then coalesce({{ old.productId }}, {{ old.id }}, {{ old.sku }}) end
    ) as product_id,
    quantity,
    price,
    {{ plain_id('coalesce(order_number, ' ~ old.orderId ~ ')') }} as order_id,
    total,
    currency,
    case
        when instr(products, '"product_id":') > 0 then products
        else replace(replace(products, '"productId":', '"product_id":'), '"id":', '"product_id":')
    end as products,
    case
        when coalesce(name, category, group_id, version, email, phone) is null then properties
        else {{ json_completed('properties', {
            'name': 'name', 'category': 'category', 'group_id': 'group_id', 'version': 'version', 'email': 'email', 'phone': 'phone',
        }) }}
    end as properties,
    {{ plain_id('previous_id') }} as previous_id,
    -- Where tracking is limited, phones send zeros.
    case when replace(replace(advertising_id, '0', ''), '-', '') <> '' then advertising_id end as advertising_id,
    -- The cookie's value goes before its name and version: GA1.1.1234567890.1650000000.
    regexp_replace(ga_client_id, '^GA1[.][0-9]+[.]', '') as ga_client_id,
    fbp,
    user_agent,
    ip,
    '{{ source_name }}' as source,
    _batch
from named
{% endmacro %}
