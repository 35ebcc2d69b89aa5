{# Events that follow the Segment spec, from a raw table of them, in the columns of unified.events. `as_sent` tells whether the
   table has what the clients sent (times of sending, traits, previous ids) or the canonical columns alone. #}
{% macro spec_events(source_name, relation, as_sent) %}
{% set property_paths = [
    '$.email', '$.phone', '$.url', '$.referrer', '$.product_id', '$.quantity', '$.price', '$.order_id',
    '$.total', '$.revenue', '$.value', '$.currency', '$.products',
] %}
{% set context_paths = [
    '$.ip', '$.userAgent', '$.user_agent', '$.page.url', '$.page.referrer', '$.traits.email', '$.traits.phone',
    '$.campaign.source', '$.campaign.medium', '$.campaign.name', '$.campaign.term', '$.campaign.content',
] %}
{% set trait_paths = ['$.email', '$.phone'] %}
{% set given = json_picked('in_properties', property_paths) %}
{% set surroundings = json_picked('in_context', context_paths) %}
{% set traits = json_picked('in_traits', trait_paths) if as_sent else {'email': 'cast(null as string)', 'phone': 'cast(null as string)'} %}
{% set campaign = {'source': 'source', 'medium': 'medium', 'campaign': 'name', 'term': 'term', 'content': 'content'} %}

with events as (
    select
        *,
        {% if as_sent %}{{ json_pick('traits', trait_paths) }} as in_traits,{% endif %}
        {{ json_pick('properties', property_paths) }} as in_properties,
        {{ json_pick('context', context_paths) }} as in_context
    from {{ relation }}
),

read as (
    select
        message_id,
        lower(coalesce(type, 'track')) as type,
        event,
        {% if as_sent -%}
        -- An alias call names the device's id as the one it had before.
        case when lower(type) = 'alias' then coalesce(anonymous_id, previous_id) else anonymous_id end as anonymous_id,
        {{ event_time('timestamp', 'original_timestamp', 'sent_at', 'received_at') }} as occurred_at,
        {%- else -%}
        anonymous_id,
        timestamp as occurred_at,
        {%- endif %}
        user_id,
        coalesce(
            {{ traits.email }}, {{ surroundings['traits.email'] }}, {{ given.email }}, case when instr(user_id, '@') > 1 then user_id end
        ) as raw_email,
        coalesce({{ traits.phone }}, {{ surroundings['traits.phone'] }}, {{ given.phone }}) as raw_phone,
        received_at,
        coalesce({{ surroundings['page.url'] }}, {{ given.url }}) as url,
        coalesce({{ surroundings['page.referrer'] }}, {{ given.referrer }}) as referrer,
        {% for key in campaign.values() -%}
        {{ surroundings['campaign.' ~ key] }} as campaign_{{ key }},
        {% endfor -%}
        {{ given.product_id }} as product_id,
        {{ money(given.quantity) }} as quantity,
        {{ money(given.price) }} as price,
        {{ given.order_id }} as order_id,
        {{ money('coalesce(' ~ given.total ~ ', ' ~ given.revenue ~ ', ' ~ given.value ~ ')') }} as total,
        upper({{ given.currency }}) as currency,
        {{ given.products }} as products,
        properties,
        coalesce({{ surroundings.userAgent }}, {{ surroundings.user_agent }}) as user_agent,
        {{ surroundings.ip }} as ip,
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
    tagged.type,
    case tagged.type
        when 'page' then 'Page Viewed'
        when 'screen' then 'Screen Viewed'
        else coalesce(named.event, tagged.event)
    end as event,
    tagged.anonymous_id,
    tagged.user_id,
    normal_email.value as email,
    normal_phone.value as phone,
    tagged.occurred_at,
    tagged.received_at,
    tagged.url,
    tagged.referrer,
    {% for key, name in campaign.items() -%}
    coalesce(tagged.campaign_{{ name }}, {{ url_decoded('tagged.url_' ~ key) }}) as utm_{{ key }},
    {% endfor -%}
    {{ click_id('tagged') }},
    tagged.product_id,
    tagged.quantity,
    tagged.price,
    tagged.order_id,
    tagged.total,
    tagged.currency,
    tagged.products,
    tagged.properties,
    tagged.user_agent,
    tagged.ip,
    '{{ source_name }}' as source,
    tagged._batch
from tagged
{{ named_event('segment', 'tagged.event') }}
{{ normalised_email('tagged.raw_email') }}
{{ normalised_phone('tagged.raw_phone') }}
{% endmacro %}
