-- One row per e-mail event, whatever source it came from: a mailing tool, or events of the Segment spec that tell of e-mail.
-- Rows are added by load batch; of sources that look things up in tables of their own, all are made anew.
{{ config(alias='email_events', materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ forget_retold('email_events') }}") }}
{% set types = {
    'Email Delivered': 'delivered',
    'Email Opened': 'opened',
    'Email Link Clicked': 'clicked',
    'Email Bounced': 'bounced',
    'Email Marked as Spam': 'complained',
    'Unsubscribed': 'unsubscribed',
} %}
{% set paths = ['$.campaign_id', '$.campaignId', '$.campaign_name', '$.campaignName', '$.link_url', '$.is_machine', '$.isMachine', '$.bounce_type'] %}
{% set given = json_picked('in_properties', paths) %}

with told_by_mailers as (
    {{ unify('email_events', {
        'event_id': 'string',
        'email': 'string',
        'type': 'string',
        'occurred_at': 'timestamp',
        'campaign_id': 'string',
        'campaign_name': 'string',
        'url': 'string',
        'is_machine': 'boolean',
        'bounce_type': 'string',
    }, after=this if is_incremental() else none) }}
),

events as (
    select
        *,
        {{ json_pick('properties', paths) }} as in_properties
    from {{ ref('unified_events') }}
    where event in ('{{ types | join("', '") }}')
    {% if is_incremental() %}
      and _batch > {{ newest_batch(this) }}
    {% endif %}
)

select * from told_by_mailers
union all
select
    message_id,
    email,
    {{ translated('event', types) }},
    occurred_at,
    coalesce({{ given.campaign_id }}, {{ given.campaignId }}),
    coalesce({{ given.campaign_name }}, {{ given.campaignName }}),
    {{ given.link_url }},
    is_bot or coalesce(lower(coalesce({{ given.is_machine }}, {{ given.isMachine }})) = 'true', false),
    lower({{ given.bounce_type }}),
    null,
    source,
    _batch
from events
