-- One row per person who was sent e-mail: what became of it. Opens at an address whose owner has not allowed e-mail tracking where the
-- policy asks for it are none: `trackable` are the messages whose opens may be known. Shares are of messages whose delivery is told;
-- `messages_read` counts the others too.
select
    identifiers.profile_id,
    {% set is_trackable = "tracking.identifier is not null" %}
    {% set is_opened = "(messages.opened = 1 and " ~ is_trackable ~ ")" %}
    count(*) filter (where messages.delivered = 1) as delivered,
    count(*) filter (where messages.delivered = 1 and {{ is_trackable }}) as trackable,
    count(*) filter (where messages.delivered = 1 and {{ is_opened }}) as opened,
    count(*) filter (where messages.delivered = 1 and messages.clicked = 1) as clicked,
    count(*) filter (where {{ is_opened }} or messages.clicked = 1) as messages_read,
    max(case when {{ is_trackable }} then messages.last_opened_at end) as last_opened_at,
    max(messages.last_response_at) as last_response_at
from {{ ref('email_messages') }} as messages
inner join {{ ref('identifiers') }} as identifiers
    on identifiers.identifier_type = 'email' and identifiers.identifier = messages.email
left join (
    select profile_id, identifier
    from {{ ref('identifier_consents') }}
    where purpose = 'email_tracking' and identifier_type = 'email' and status = 'granted'
) as tracking on identifiers.profile_id = tracking.profile_id and identifiers.identifier = tracking.identifier
group by identifiers.profile_id
