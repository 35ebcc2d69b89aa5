-- One row per e-mail event in Klaviyo. What people did in the shop is better known to the shop's own sources, except for orders
-- (stg_klaviyo__placed_order).
{{ config(enabled=feeds('klaviyo', 'event')) }}
{% set event_paths = ['$.url', '$.URL'] %}
{% set person_paths = ['$.email'] %}
{% set about_event = json_picked('in_event', event_paths) %}
{% set about_person = json_picked('in_person', person_paths) %}

with raw as (
    select
        *,
        {{ json_pick('event_properties', event_paths) }} as in_event,
        {{ json_pick('person_properties', person_paths) }} as in_person
    from {{ source('raw_klaviyo', 'event') }}
),

typed as (
    select
        raw.*,
        case metrics.name
            when 'received email' then 'delivered'
            when 'opened email' then 'opened'
            when 'clicked email' then 'clicked'
            when 'bounced email' then 'bounced'
            when 'marked email as spam' then 'complained'
            when 'unsubscribed' then 'unsubscribed'
            when 'unsubscribed from list' then 'unsubscribed'
            when 'unsubscribed from email marketing' then 'unsubscribed'
        end as email_event
    from raw
    inner join {{ ref('stg_klaviyo__metric') }} as metrics on raw.metric_id = metrics.metric_id
)

select
    typed.id as event_id,
    coalesce(people.email, normal_email.value) as email,
    typed.email_event as type,
    typed.timestamp as occurred_at,
    typed.campaign_id,
    campaigns.campaign_name,
    coalesce({{ about_event.url }}, {{ about_event.URL }}) as url,
    false as is_machine,
    'klaviyo' as source,
    typed._batch
from typed
left join {{ ref('stg_klaviyo__person') }} as people on typed.person_id = people.contact_id
left join {{ ref('stg_klaviyo__campaign') }} as campaigns on typed.campaign_id = campaigns.campaign_id
{{ normalised_email(about_person.email) }}
where typed.email_event is not null
