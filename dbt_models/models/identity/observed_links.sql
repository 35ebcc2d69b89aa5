-- One row per two identifiers seen together, by the rule that joins them.
-- The left end is the one that belongs to the right: a device to a login, an order to a customer, an account to an e-mail.
{% set together = [
    ('event_links_known', 'first_seen', 'login', [('anonymous_id', 'user_id')]),
    ('event_links_known', 'first_seen', 'given_on_site', [
        ('anonymous_id', 'email'), ('anonymous_id', 'phone'), ('user_id', 'email'), ('user_id', 'phone'),
    ]),
    ('event_links_known', 'first_seen', 'ordered_on_site', [('anonymous_id', 'order_id'), ('order_id', 'user_id')]),
    ('unified_contacts', 'created_at', 'contact', [('contact_id', 'email'), ('contact_id', 'phone')]),
    ('unified_leads', 'created_at', 'lead', [('lead_id', 'email'), ('lead_id', 'phone')]),
    ('unified_event_registrations', 'starts_at', 'registration', [('phone', 'email')]),
    ('unified_subscriptions', 'started_at', 'subscription', [('customer_id', 'email')]),
    ('unified_reviews', 'created_at', 'review', [('customer_id', 'email')]),
    ('unified_surveys', 'answered_at', 'survey', [('customer_id', 'email')]),
] %}

with visitor_links as (
    select links.*
    from {{ ref('event_links_known') }} as links
    left join {{ ref('machine_devices') }} as machines on links.anonymous_id = machines.anonymous_id
    where machines.anonymous_id is null
),

orders as (
    select
        source,
        order_id,
        customer_id,
        email,
        phone,
        ordered_at,
        case when customer_id is null then 'order_id' else 'customer_id' end as buyer_type,
        coalesce(customer_id, order_id) as buyer
    from {{ ref('unified_orders') }}
    where not is_test
),

accounts as (
    select
        seen.identifier_type,
        seen.identifier,
        case when same.with_email then lower(seen.identifier) else seen.identifier end as account,
        seen.first_seen,
        seen.last_seen
    from {{ ref('observed_identifiers') }} as seen
    inner join {{ source('control', 'same_account') }} as same on seen.identifier_type = same.identifier_type
),

observed as (
    {% for model, at, rule, pairs in together %}
    {% for left, right in pairs %}
    select
        '{{ left }}' as left_type,
        {{ left }} as left_identifier,
        '{{ right }}' as right_type,
        {{ right }} as right_identifier,
        '{{ rule }}' as rule,
        source,
        {{ at }} as first_seen,
        {{ 'last_seen' if model == 'event_links_known' else at }} as last_seen,
        {{ 'observations' if model == 'event_links_known' else '1' }} as observations
    from {{ 'visitor_links' if model == 'event_links_known' else ref(model) }}
    where {{ left }} is not null and {{ right }} is not null
    union all
    {% endfor %}
    {% endfor %}
    select 'order_id', order_id, 'customer_id', customer_id, 'order', source, ordered_at, ordered_at, 1
    from orders where customer_id is not null
    -- Also from the order itself, should its customer turn out to be nobody (a guest account, a till).
    {% for right in ['email', 'phone'] %}
    union all
    select 'order_id', order_id, '{{ right }}', {{ right }}, 'order', source, ordered_at, ordered_at, 1
    from orders where {{ right }} is not null and customer_id is not null
    union all
    select buyer_type, buyer, '{{ right }}', {{ right }}, 'order', source, ordered_at, ordered_at, 1
    from orders where {{ right }} is not null
    {% endfor %}
    union all
    -- Account numbers that several systems share, by configuration.
    select
        accounts.identifier_type, accounts.identifier, others.identifier_type, others.identifier, 'same_account', 'configuration',
        least(accounts.first_seen, others.first_seen), greatest(accounts.last_seen, others.last_seen), 1
    from accounts
    inner join accounts as others on accounts.account = others.account and accounts.identifier_type > others.identifier_type
    union all
    select left_type, left_identifier, right_type, right_identifier, rule, source, first_seen, first_seen, 1
    from {{ ref('exact_links') }}
    union all
    select left_type, left_identifier, right_type, right_identifier, 'probabilistic', 'prediction', known_since, known_since, 1
    from {{ ref('probable_pairs') }}
    where status = 'linked'
)

select
    left_type,
    left_identifier,
    right_type,
    right_identifier,
    rule,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    cast(sum(observations) as bigint) as observations,
    min(source) as source
from observed
group by 1, 2, 3, 4, 5
