-- One row per identifier seen anywhere, with when: the ends of the links and those that came alone.
{% set seen_in = [
    ('event_links_known', 'first_seen', ['anonymous_id', 'user_id', 'email', 'phone', 'order_id']),
    ('unified_contacts', 'created_at', ['contact_id', 'email', 'phone']),
    ('unified_leads', 'created_at', ['lead_id', 'email', 'phone']),
    ('unified_email_events', 'occurred_at', ['email']),
    ('unified_social_interactions', 'occurred_at', ['email']),
    ('unified_event_registrations', 'starts_at', ['email', 'phone']),
    ('unified_subscriptions', 'started_at', ['customer_id', 'email']),
    ('unified_reviews', 'created_at', ['customer_id', 'email']),
    ('unified_surveys', 'answered_at', ['customer_id', 'email']),
    ('unified_calls', 'occurred_at', ['phone']),
] %}

with visitor_links as (
    select links.*
    from {{ ref('event_links_known') }} as links
    left join {{ ref('machine_devices') }} as machines on links.anonymous_id = machines.anonymous_id
    where machines.anonymous_id is null
),

seen as (
    {% for model, at, types in seen_in %}
    {% for type in types %}
    select
        '{{ type }}' as identifier_type,
        {{ type }} as identifier,
        {{ at }} as first_seen,
        {{ 'last_seen' if model == 'event_links_known' else at }} as last_seen
    from {{ 'visitor_links' if model == 'event_links_known' else ref(model) }}
    where {{ type }} is not null
    union all
    {% endfor %}
    {% endfor %}
    {% for type in ['order_id', 'customer_id', 'email', 'phone'] %}
    select '{{ type }}', {{ type }}, ordered_at, ordered_at
    from {{ ref('unified_orders') }} where {{ type }} is not null and not is_test
    union all
    {% endfor %}
    -- A device of which nothing but a choice in a banner is known is nobody to speak of.
    select identifier_type, identifier, occurred_at, occurred_at
    from {{ ref('unified_consents') }} where identifier_type <> 'anonymous_id' and identifier is not null
)

select
    identifier_type,
    identifier,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen
from seen
group by 1, 2
