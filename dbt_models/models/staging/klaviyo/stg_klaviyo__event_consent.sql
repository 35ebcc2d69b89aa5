-- One row per subscription or unsubscription that Klaviyo recorded as an event. A profile tells only the newest state, its events
-- tell when each one began.
{{ config(enabled=feeds('klaviyo', 'event')) }}
{% set answers = {
    'subscribed to list': ('email', 'granted'),
    'subscribed to email marketing': ('email', 'granted'),
    'unsubscribed': ('email', 'withdrawn'),
    'unsubscribed from list': ('email', 'withdrawn'),
    'unsubscribed from email marketing': ('email', 'withdrawn'),
    'consented to receive sms': ('sms', 'granted'),
    'subscribed to sms marketing': ('sms', 'granted'),
    'unsubscribed from sms': ('sms', 'withdrawn'),
    'unsubscribed from sms marketing': ('sms', 'withdrawn'),
} %}

with answered as (
    select
        *,
        case metric{% for metric, (purpose, _) in answers.items() %} when '{{ metric }}' then '{{ purpose }}'{% endfor %} end as purpose,
        case metric{% for metric, (_, status) in answers.items() %} when '{{ metric }}' then '{{ status }}'{% endfor %} end as status
    from {{ ref('stg_klaviyo__activity') }}
    where metric in ('{{ answers | join("', '") }}')
)

select
    case purpose when 'email' then 'email' else 'phone' end as identifier_type,
    case purpose when 'email' then email else phone end as identifier,
    purpose,
    status,
    occurred_at,
    'klaviyo' as collected_by,
    event_id as proof,
    traits,
    'klaviyo' as source,
    _batch
from answered
where case purpose when 'email' then email else phone end is not null
