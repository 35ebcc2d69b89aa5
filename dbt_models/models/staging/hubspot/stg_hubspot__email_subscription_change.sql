-- One row per subscription to HubSpot's marketing e-mail that an address took up or gave up. Giving up one of several is a withdrawal too:
-- of the two mistakes, writing to somebody who did not want it is the worse.
{{ config(enabled=feeds('hubspot', 'email_subscription_change')) }}

with typed as (
    select
        *,
        case upper(change)
            when 'SUBSCRIBED' then 'granted'
            when 'UNSUBSCRIBED' then 'withdrawn'
            when 'REPORTED_SPAM' then 'withdrawn'
        end as status
    from {{ source('raw_hubspot', 'email_subscription_change') }}
)

select
    'email' as identifier_type,
    normal_email.value as identifier,
    'email' as purpose,
    typed.status,
    typed.timestamp as occurred_at,
    'hubspot' as collected_by,
    lower(concat_ws(' ', typed.change_type, typed.email_subscription_id, typed.source)) as proof,
    typed._extra as traits,
    'hubspot' as source,
    typed._batch
from typed
{{ normalised_email('typed.recipient') }}
where typed.status is not null and normal_email.value is not null
