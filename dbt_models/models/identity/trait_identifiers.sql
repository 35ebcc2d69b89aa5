-- One row per identifier that stands among the further columns of a contact, a lead or an order: a loyalty card, a hashed e-mail.
{{ config(materialized='view') }}
{% set columns = {
    'loyalty_card': ['loyalty_card', 'loyalty_card_number', 'loyalty_card_id', 'loyalty_number', 'loyalty_id'],
    'hashed_email': ['hashed_email', 'email_sha256', 'sha256_email'],
} %}
{% set owners = [
    ('contact_id', 'unified_contacts', 'created_at'), ('lead_id', 'unified_leads', 'created_at'), ('order_id', 'unified_orders', 'ordered_at'),
] %}
{% set names = (columns.loyalty_card + columns.hashed_email) | map('string') | list %}
{% set paths = [] %}
{% for name in names %}{% do paths.append('$.' ~ name) %}{% endfor %}

with told as (
    {% for type, model, at in owners %}
    select
        '{{ type }}' as owner_type,
        {{ type if type == 'order_id' else account_id(type, 'source') }} as owner,
        {{ at }} as seen_at,
        source,
        _batch,
        {{ json_pick('traits', paths) }} as found
    from {{ ref(model) }}
    where traits is not null and {{ type }} is not null {{ 'and not is_test' if type == 'order_id' }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

picked as (
    {% set found = json_picked('found', names) %}
    select
        owner_type,
        owner,
        seen_at,
        source,
        _batch,
        coalesce({% for name in columns.loyalty_card %}{{ found[name] }}{{ ', ' if not loop.last }}{% endfor %}) as loyalty_card,
        coalesce({% for name in columns.hashed_email %}{{ found[name] }}{{ ', ' if not loop.last }}{% endfor %}) as hashed_email
    from told
)

select owner_type, owner, 'loyalty_card' as identifier_type, upper(translate(loyalty_card, ' -', '')) as identifier, seen_at, source, _batch
from picked
where translate(loyalty_card, ' -', '') <> ''
union all
select owner_type, owner, 'hashed_email', lower(trim(hashed_email)), seen_at, source, _batch
from picked
where length(trim(hashed_email)) = 64
