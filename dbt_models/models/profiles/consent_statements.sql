-- One row per thing said about consent, with the person it was said for. An unsubscription, a complaint or a stop is a withdrawal,
-- wherever it was said.
with told as (
    select identifier_type, identifier, purpose, status, occurred_at, collected_by, proof
    from {{ ref('unified_consents') }}
    union all
    select 'email', email, 'email', 'withdrawn', occurred_at, type, event_id
    from {{ ref('unified_email_events') }}
    where type in ('unsubscribed', 'complained') and email is not null
    union all
    select 'phone', identifier, channel, 'withdrawn', occurred_at, type, event_id
    from {{ ref('unified_message_events') }}
    where type = 'stop' and channel in ('sms', 'whatsapp') and identifier is not null
    {% for identifier_type in ['push_token', 'user_id', 'anonymous_id'] -%}
    -- Push messages go to a device or to whoever is logged in on it: which of them the tool names, it does not say.
    union all
    select '{{ identifier_type }}', identifier, channel, 'withdrawn', occurred_at, type, event_id
    from {{ ref('unified_message_events') }}
    where type = 'stop' and channel = 'push' and identifier is not null
    {% endfor -%}
    union all
    select identifier_type, identifier, 'email', 'withdrawn', occurred_at, 'unsubscribed on the site', message_id
    from {{ ref('unsubscriptions') }}
)

select
    identifiers.profile_id,
    people.region,
    told.identifier_type,
    told.identifier,
    told.purpose,
    told.status,
    told.occurred_at,
    told.collected_by,
    told.proof,
    coalesce(trim(told.proof), '') <> '' as is_proven,
    coalesce(lower(translate(told.collected_by, ' -', '__')), '') in ('double_opt_in', 'double_optin', 'doi', 'confirmed_opt_in') as is_confirmed
from told
inner join {{ ref('identifiers') }} as identifiers
    on told.identifier_type = identifiers.identifier_type and told.identifier = identifiers.identifier
inner join {{ ref('consent_people') }} as people on identifiers.profile_id = people.profile_id
where told.status in ('granted', 'denied', 'withdrawn')
