-- One row per e-mail event in Klaviyo. What people did in the shop is better known to the shop's own sources, except for orders
-- (stg_klaviyo__order_event). Klaviyo marks what machines did: opens of Apple's privacy proxy and of scanners, clicks of scanners
-- (https://help.klaviyo.com/hc/en-us/articles/4416791883163).
{{ config(enabled=feeds('klaviyo', 'event')) }}
{% set types = {
    'received email': 'delivered',
    'opened email': 'opened',
    'clicked email': 'clicked',
    'bounced email': 'bounced',
    'marked email as spam': 'complained',
    'unsubscribed': 'unsubscribed',
    'unsubscribed from list': 'unsubscribed',
    'unsubscribed from email marketing': 'unsubscribed',
} %}
{% set paths = [
    '$.url', '$.URL', '$.machine_open', '$."Apple Privacy Open"', '$.bot_click', '$."Bot Click"', '$.bounce_type', '$."Bounce Type"',
] %}
{% set about_event = json_picked('in_event', paths) %}
{% set marks = ['machine_open', '"Apple Privacy Open"', 'bot_click', '"Bot Click"'] %}

with activity as (
    select
        *,
        {{ json_pick('properties', paths) }} as in_event
    from {{ ref('stg_klaviyo__activity') }}
    where metric in ('{{ types | join("', '") }}')
)

select
    activity.event_id,
    activity.email,
    {{ translated('activity.metric', types) }} as type,
    activity.occurred_at,
    coalesce(activity.campaign_id, activity.flow_message_id) as campaign_id,
    coalesce(campaigns.campaign_name, flows.flow_name) as campaign_name,
    coalesce({{ about_event.url }}, {{ about_event.URL }}) as url,
    {% for mark in marks -%}
    coalesce(lower({{ about_event[mark] }}), 'false') = 'true'{{ ' or ' if not loop.last }}
    {%- endfor %} as is_machine,
    lower(coalesce({{ about_event.bounce_type }}, {{ about_event['"Bounce Type"'] }})) as bounce_type,
    activity.traits,
    'klaviyo' as source,
    activity._batch
from activity
left join {{ ref('stg_klaviyo__campaign') }} as campaigns on activity.campaign_id = campaigns.campaign_id
left join {{ ref('stg_klaviyo__flow') }} as flows on activity.flow_id = flows.flow_id
