-- One row per person who was sent e-mail: what became of it. Opens by machines (privacy proxies, scanners) are none, and neither are
-- opens at an address whose owner has not allowed e-mail tracking where the policy asks for it: `trackable` are the messages whose
-- opens may be known. A message opened twice is one message opened.
with messages as (
    select
        identifiers.profile_id,
        events.type,
        coalesce(events.campaign_id, events.event_id) as message,
        events.occurred_at,
        coalesce(events.is_machine, false) as is_machine,
        coalesce(tracking.status, '') = 'granted' as is_trackable
    from {{ ref('unified_email_events') }} as events
    inner join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = 'email' and identifiers.identifier = events.email
    left join (
        select profile_id, identifier, status
        from {{ ref('identifier_consents') }}
        where purpose = 'email_tracking'
    ) as tracking
        on identifiers.profile_id = tracking.profile_id and identifiers.identifier = tracking.identifier
)

select
    profile_id,
    count(distinct message) filter (where type = 'delivered') as delivered,
    count(distinct message) filter (where type = 'delivered' and is_trackable) as trackable,
    count(distinct message) filter (where type = 'opened' and is_trackable and not is_machine) as opened,
    count(distinct message) filter (where type = 'clicked' and not is_machine) as clicked,
    max(occurred_at) filter (where type = 'opened' and is_trackable and not is_machine) as last_opened_at,
    max(occurred_at) filter (where type in ('clicked', 'replied') and not is_machine) as last_response_at
from messages
group by 1
