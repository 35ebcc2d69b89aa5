-- One row per event, whatever source it came from. Rows are added by load batch, so old events are never read again; those of
-- sources that look things up in tables of their own, which are few, are all made anew.
{{ config(alias='events', materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ forget_retold('events') }}") }}

with unified as (
    {{ unify('events', {
        'message_id': 'string',
        'type': 'string',
        'event': 'string',
        'anonymous_id': 'string',
        'user_id': 'string',
        'email': 'string',
        'phone': 'string',
        'occurred_at': 'timestamp',
        'received_at': 'timestamp',
        'url': 'string',
        'referrer': 'string',
        'utm_source': 'string',
        'utm_medium': 'string',
        'utm_campaign': 'string',
        'utm_term': 'string',
        'utm_content': 'string',
        'click_id_type': 'string',
        'click_id': 'string',
        'product_id': 'string',
        'quantity': 'decimal(18, 4)',
        'price': 'decimal(18, 4)',
        'order_id': 'string',
        'total': 'decimal(18, 4)',
        'currency': 'string',
        'products': 'string',
        'properties': 'string',
        'previous_id': 'string',
        'advertising_id': 'string',
        'ga_client_id': 'string',
        'fbp': 'string',
        'user_agent': 'string',
        'ip': 'string',
    }, after=this if is_incremental() else none) }}
)

select
    unified.*,
    {{ local_date('unified.occurred_at') }} as event_date,
    coalesce(agents.is_bot, false) as is_bot,
    coalesce(addresses.is_internal, false) as is_internal
from unified
left join {{ source('identity', 'user_agents') }} as agents on unified.user_agent = agents.user_agent
left join {{ source('identity', 'ip_addresses') }} as addresses on unified.ip = addresses.ip
