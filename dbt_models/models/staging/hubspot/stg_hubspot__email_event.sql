-- One row per e-mail event in HubSpot. A change of subscriptions counts as unsubscribing where it ended all of them, or only ended some;
-- one that a bounce caused is nobody's act. What HubSpot keeps out of its own reports (bots, scanners, the company's own people) is
-- taken for a machine's.
{{ config(enabled=feeds('hubspot', 'email_event')) }}
{% set types = {
    'DELIVERED': 'delivered',
    'OPEN': 'opened',
    'CLICK': 'clicked',
    'BOUNCE': 'bounced',
    'SPAMREPORT': 'complained',
} %}

with detailed as (
    select
        events.id,
        upper(events.type) as vendor_type,
        events.recipient,
        events.created,
        events.email_campaign_id,
        coalesce(events.filtered_event, false) as is_filtered,
        coalesce(events.url, clicks.url) as url,
        upper(coalesce(events.portal_subscription_status, changes.portal_subscription_status)) as subscription_status,
        upper(coalesce(events.subscriptions, changes.subscriptions)) as subscriptions,
        coalesce(events.bounced, changes.bounced, false) as is_after_bounce,
        events._extra as traits,
        events._batch
    from {{ source('raw_hubspot', 'email_event') }} as events
    left join {{ source('raw_hubspot', 'email_event_click') }} as clicks on events.id = clicks.id
    left join {{ source('raw_hubspot', 'email_event_status_change') }} as changes on events.id = changes.id
),

typed as (
    select
        *,
        case
            when vendor_type <> 'STATUSCHANGE' then {{ translated('vendor_type', types) }}
            when not is_after_bounce and (
                subscription_status = 'UNSUBSCRIBED'
                or ({{ matches('subscriptions', '"UNSUBSCRIBED"') }} and not {{ matches('subscriptions', '"SUBSCRIBED"') }})
            ) then 'unsubscribed'
        end as type
    from detailed
)

select
    typed.id as event_id,
    normal_email.value as email,
    typed.type,
    typed.created as occurred_at,
    typed.email_campaign_id as campaign_id,
    campaigns.campaign_name,
    typed.url,
    typed.is_filtered as is_machine,
    null as bounce_type,
    typed.traits,
    'hubspot' as source,
    typed._batch
from typed
left join {{ ref('stg_hubspot__email_campaign') }} as campaigns on typed.email_campaign_id = campaigns.campaign_id
{{ normalised_email('typed.recipient') }}
where typed.type is not null
