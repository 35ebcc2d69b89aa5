-- One row per person who did something themselves: when last. A visit, an order, a form, a registration, a review, an answer, a
-- call, a click, a reply or a consent are their own doing; a message that reached them, or that was opened, is not. Whoever signed up
-- for a day to come, or came on it, counts as having acted on that day.
{% set done_in = [
    ('unified_leads', 'created_at', ['lead_id'], 'true'),
    ('unified_subscriptions', 'started_at', ['customer_id', 'email'], 'true'),
    ('unified_reviews', 'created_at', ['customer_id', 'email'], 'true'),
    ('unified_surveys', 'answered_at', ['customer_id', 'email'], 'true'),
    ('unified_event_registrations', 'starts_at', ['email', 'phone'], "status in ('registered', 'attended')"),
    ('unified_social_interactions', 'occurred_at', ['email'], 'true'),
    ('unified_calls', 'occurred_at', ['phone'], "coalesce(direction, 'inbound') = 'inbound'"),
    ('unified_email_events', 'occurred_at', ['email'], "type in ('clicked', 'replied') and not coalesce(is_machine, false)"),
] %}

with done as (
    select identifier_type, identifier, max(ended_at) as last_at
    from {{ ref('sessions') }}
    group by 1, 2
    {% for model, at, types, condition in done_in -%}
    {% for type in types -%}
    union all
    select '{{ type }}', {{ account_id(type, 'source') if type in ('lead_id', 'customer_id') else type }}, max({{ at }})
    from {{ ref(model) }}
    where {{ type }} is not null and {{ condition }}
    group by 2
    {% endfor -%}
    {% endfor -%}
    union all
    select 'phone', identifier, max(occurred_at)
    from {{ ref('unified_message_events') }}
    where type in ('clicked', 'replied') and identifier is not null
    group by 2
    union all
    select identifier_type, identifier, max(occurred_at)
    from {{ ref('unified_consents') }}
    where status = 'granted' and identifier is not null
    group by 1, 2
),

moments as (
    select identifiers.profile_id, done.last_at
    from done
    inner join {{ ref('identifiers') }} as identifiers
        on done.identifier_type = identifiers.identifier_type and done.identifier = identifiers.identifier
    union all
    select profile_id, last_checkout_at from {{ ref('order_totals') }}
)

select
    profile_id,
    max(last_at) as last_action_at
from moments
group by profile_id
