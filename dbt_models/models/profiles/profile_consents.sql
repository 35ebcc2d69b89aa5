-- One row per person and purpose: what they said last. Silence has no row: whether it is a refusal is the policy's word.
-- An unsubscription, a complaint or a stop is a withdrawal, wherever it was said.
{{ config(alias='consents') }}

with statements as (
    select identifier_type, identifier, purpose, status, occurred_at, collected_by as basis, proof
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
),

ranked as (
    select
        identifiers.profile_id,
        statements.purpose,
        statements.status,
        statements.basis,
        statements.occurred_at as since,
        statements.identifier_type || ':' || statements.identifier as identifier,
        statements.proof,
        row_number() over (
            partition by identifiers.profile_id, statements.purpose
            -- Said at the same moment, a refusal weighs more than a grant.
            order by
                statements.occurred_at desc,
                case statements.status when 'granted' then 1 else 0 end,
                statements.status,
                statements.identifier_type,
                statements.identifier,
                statements.basis nulls last,
                statements.proof nulls last
        ) as recency
    from statements
    inner join {{ ref('identifiers') }} as identifiers
        on statements.identifier_type = identifiers.identifier_type and statements.identifier = identifiers.identifier
)

select profile_id, purpose, status, basis, since, identifier, proof
from ranked
where recency = 1
