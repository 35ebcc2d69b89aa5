-- One row per two identifiers seen together, by the rule that joins them, with the first and the last row that says so.
-- The left end is the one that belongs to the right: a device to a login, an order to a customer, an account to an e-mail.
{% set on_site = {
    'login': [('anonymous_id', 'user_id')],
    'given_on_site': [
        ('anonymous_id', 'email'), ('anonymous_id', 'phone'), ('user_id', 'email'), ('user_id', 'phone'), ('phone', 'email'),
    ],
    'ordered_on_site': [('anonymous_id', 'order_id'), ('order_id', 'user_id')],
    'same_device': [('advertising_id', 'anonymous_id'), ('ga_client_id', 'anonymous_id'), ('fbp', 'anonymous_id')],
    'click': [('click_id', 'anonymous_id')],
} %}
{# Of an event that names no device as the site does, its cookies are all there is. #}
{% set without_device = {
    'login': [('advertising_id', 'user_id'), ('ga_client_id', 'user_id'), ('fbp', 'user_id')],
    'ordered_on_site': [('advertising_id', 'order_id'), ('ga_client_id', 'order_id'), ('fbp', 'order_id')],
    'click': [('click_id', 'user_id')],
} %}
{% set told = [
    ('unified_contacts', 'created_at', 'contact', 'contact_id', [('contact_id', 'email'), ('contact_id', 'phone')]),
    ('unified_leads', 'created_at', 'lead', 'lead_id', [('lead_id', 'email'), ('lead_id', 'phone')]),
    ('unified_event_registrations', 'starts_at', 'registration', 'registration_id', [('phone', 'email')]),
    ('unified_subscriptions', 'started_at', 'subscription', 'subscription_id', [('customer_id', 'email')]),
    ('unified_reviews', 'created_at', 'review', 'review_id', [('customer_id', 'email')]),
    ('unified_surveys', 'answered_at', 'survey', 'response_id', [('customer_id', 'email')]),
] %}
{% set accounts = ['contact_id', 'lead_id', 'customer_id'] %}

with visits as (
    select * from {{ ref('visitor_links') }}
),

orders as (
    select
        source,
        order_id,
        {{ account_id('customer_id', 'source') }} as customer_id,
        email,
        phone,
        click_id_type || ':' || click_id as click_id,
        ordered_at,
        _batch
    from {{ ref('unified_orders') }}
    where not is_test
),

seen as (
    select * from {{ ref('observed_identifiers') }}
),

-- Numbers that several systems share by configuration, and a vendor's own number wherever it stands.
numbers as (
    select
        seen.identifier_type,
        seen.identifier,
        case when same.with_email then lower({{ bare_account('seen.identifier') }}) else {{ bare_account('seen.identifier') }} end as number,
        seen.first_seen,
        seen.last_seen,
        seen._batch
    from seen
    inner join {{ source('control', 'same_account') }} as same on seen.identifier_type = same.identifier_type
    union all
    select identifier_type, identifier, identifier, first_seen, last_seen, _batch
    from seen
    where identifier_type in ('contact_id', 'lead_id', 'customer_id')
      and split_part(identifier, ':', 1) in {{ vendors_with_accounts() }}
),

observed as (
    {% for group in [on_site, without_device] %}
    {% for rule, pairs in group.items() %}
    {% for left, right in pairs %}
    select
        '{{ left }}' as left_type, {{ left }} as left_identifier, '{{ right }}' as right_type, {{ right }} as right_identifier,
        '{{ rule }}' as rule, source, first_seen, last_seen, observations, first_message_id as first_id, last_message_id as last_id, _batch
    from visits
    where {{ left }} is not null and {{ right }} is not null {{ 'and anonymous_id is null' if group == without_device }}
    union all
    {% endfor %}
    {% endfor %}
    {% endfor %}
    {% for right in ['user_id', 'anonymous_id'] %}
    select
        previous_type, previous_id, '{{ right }}', {{ right }}, 'alias', source, first_seen, last_seen, observations,
        first_message_id, last_message_id, _batch
    from visits
    where previous_id is not null and {{ right }} is not null
    union all
    {% endfor %}
    {% for model, at, rule, key, pairs in told %}
    {% for left, right in pairs %}
    select
        '{{ left }}', {{ account_id(left, 'source') if left in accounts else left }}, '{{ right }}', {{ right }}, '{{ rule }}',
        source, {{ at }}, {{ at }}, 1, {{ key }}, {{ key }}, _batch
    from {{ ref(model) }}
    where {{ left }} is not null and {{ right }} is not null
    union all
    {% endfor %}
    {% endfor %}
    select 'lead_id', {{ account_id('lead_id', 'source') }}, 'click_id', click_id_type || ':' || click_id, 'click', source,
        created_at, created_at, 1, lead_id, lead_id, _batch
    from {{ ref('unified_leads') }}
    where lead_id is not null and click_id is not null
    -- Also from the order itself to its addresses, should its customer turn out to be nobody (a guest account, a till).
    {% for right in ['customer_id', 'email', 'phone', 'click_id'] %}
    union all
    select 'order_id', order_id, '{{ right }}', {{ right }}, '{{ 'click' if right == 'click_id' else 'order' }}', source,
        ordered_at, ordered_at, 1, order_id, order_id, _batch
    from orders
    where {{ right }} is not null
    {% endfor %}
    {% for right in ['email', 'phone'] %}
    union all
    select 'customer_id', customer_id, '{{ right }}', {{ right }}, 'order', source, ordered_at, ordered_at, 1, order_id, order_id, _batch
    from orders
    where customer_id is not null and {{ right }} is not null
    {% endfor %}
    union all
    select owner_type, owner, identifier_type, identifier, 'trait', source, seen_at, seen_at, 1, owner, owner, _batch
    from {{ ref('trait_identifiers') }}
    union all
    select
        numbers.identifier_type, numbers.identifier, others.identifier_type, others.identifier, 'same_account', 'configuration',
        least(numbers.first_seen, others.first_seen), greatest(numbers.last_seen, others.last_seen), 1, null, null,
        greatest(numbers._batch, others._batch)
    from numbers
    inner join numbers as others on numbers.number = others.number and numbers.identifier_type > others.identifier_type
    union all
    select
        'hashed_email', hashes.identifier, 'email', emails.identifier, 'same_address', 'configuration',
        least(hashes.first_seen, emails.first_seen), greatest(hashes.last_seen, emails.last_seen), 1, null, null,
        greatest(hashes._batch, emails._batch)
    from seen as hashes
    inner join seen as emails on lower(hashes.identifier) = {{ sha256('emails.identifier') }}
    where hashes.identifier_type = 'hashed_email' and emails.identifier_type = 'email'
    union all
    select left_type, left_identifier, right_type, right_identifier, rule, source, first_seen, first_seen, 1, null, null, null
    from {{ ref('exact_links') }}
    union all
    select left_type, left_identifier, right_type, right_identifier, 'probabilistic', 'prediction', known_since, known_since, 1, null, null, null
    from {{ ref('probable_pairs') }}
    where status = 'linked'
    union all
    select
        must.left_type, must.left_identifier, must.right_type, must.right_identifier, 'must_link', 'seed',
        greatest(lefts.first_seen, rights.first_seen), greatest(lefts.first_seen, rights.first_seen), 1, null, null, null
    from {{ ref('hand_links') }} as must
    inner join seen as lefts on must.left_type = lefts.identifier_type and must.left_identifier = lefts.identifier
    inner join seen as rights on must.right_type = rights.identifier_type and must.right_identifier = rights.identifier
    where must.word = 'must_link'
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
    min(source) as source,
    {{ oldest('first_id', 'first_seen') }} as first_id,
    {{ newest('last_id', 'last_seen') }} as last_id,
    min(_batch) as _batch
from observed
group by left_type, left_identifier, right_type, right_identifier, rule
