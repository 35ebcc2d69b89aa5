-- One row per identifier seen anywhere, with when: the ends of the links and those that came alone.
{% set seen_in = [
    ('unified_contacts', 'created_at', ['contact_id', 'email', 'phone']),
    ('unified_leads', 'created_at', ['lead_id', 'email', 'phone']),
    ('unified_orders', 'ordered_at', ['order_id', 'customer_id', 'email', 'phone']),
    ('unified_email_events', 'occurred_at', ['email']),
    ('unified_social_interactions', 'occurred_at', ['email']),
    ('unified_event_registrations', 'starts_at', ['email', 'phone']),
    ('unified_subscriptions', 'started_at', ['customer_id', 'email']),
    ('unified_reviews', 'created_at', ['customer_id', 'email']),
    ('unified_surveys', 'answered_at', ['customer_id', 'email']),
    ('unified_calls', 'occurred_at', ['phone']),
] %}
{% set on_site = ['anonymous_id', 'user_id', 'email', 'phone', 'order_id', 'advertising_id', 'ga_client_id', 'fbp'] %}

with visits as (
    select * from {{ ref('visitor_links') }}
),

seen as (
    {% for type in on_site %}
    select '{{ type }}' as identifier_type, {{ type }} as identifier, first_seen, last_seen, _batch
    from visits where {{ type }} is not null
    union all
    {% endfor %}
    select previous_type, previous_id, first_seen, last_seen, _batch from visits where previous_id is not null
    union all
    select 'click_id', click_id, first_seen, last_seen, _batch from visits where click_id is not null
    {% for model, at, types in seen_in %}
    {% for type in types %}
    union all
    select '{{ type }}', {{ account_id(type, 'source') if type in ('contact_id', 'lead_id', 'customer_id') else type }}, {{ at }}, {{ at }}, _batch
    from {{ ref(model) }} where {{ type }} is not null {{ 'and not is_test' if model == 'unified_orders' }}
    {% endfor %}
    {% endfor %}
    {% for model, at in [('unified_leads', 'created_at'), ('unified_orders', 'ordered_at')] %}
    union all
    select 'click_id', click_id_type || ':' || click_id, {{ at }}, {{ at }}, _batch
    from {{ ref(model) }} where click_id is not null {{ 'and not is_test' if model == 'unified_orders' }}
    {% endfor %}
    union all
    select identifier_type, identifier, seen_at, seen_at, _batch from {{ ref('trait_identifiers') }}
    union all
    -- A device of which nothing but a choice in a banner is known is nobody to speak of.
    select identifier_type, identifier, occurred_at, occurred_at, _batch
    from {{ ref('unified_consents') }} where identifier_type <> 'anonymous_id' and identifier is not null
    union all
    -- A hash in a request for erasure says whom it means only if the address is known.
    select erasures.identifier_type, erasures.identifier, erasures.requested_at, erasures.requested_at, erasures._batch
    from {{ ref('unified_erasures') }} as erasures
    inner join (
        {% for model in ['unified_contacts', 'unified_leads', 'unified_orders'] %}
        select email from {{ ref(model) }} where email is not null
        union all
        {% endfor %}
        select email from visits where email is not null
    ) as addresses on lower(erasures.identifier) = {{ sha256('addresses.email') }}
    where erasures.identifier_type = 'hashed_email'
)

select
    identifier_type,
    identifier,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    min(_batch) as _batch
from seen
group by identifier_type, identifier
