-- One row per SMS event in Klaviyo (https://help.klaviyo.com/hc/en-us/articles/360035345572): what was sent, and what people answered.
{{ config(enabled=feeds('klaviyo', 'event')) }}
{% set types = {
    'received sms': 'delivered',
    'clicked sms': 'clicked',
    'failed to deliver sms': 'failed',
    'sent sms': 'replied',
    'unsubscribed from sms': 'stop',
    'unsubscribed from sms marketing': 'stop',
} %}

select
    event_id,
    'sms' as channel,
    phone as identifier,
    {{ translated('metric', types) }} as type,
    occurred_at,
    coalesce(campaign_id, flow_message_id) as campaign_id,
    traits,
    'klaviyo' as source,
    _batch
from {{ ref('stg_klaviyo__activity') }}
where metric in ('{{ types | join("', '") }}')
