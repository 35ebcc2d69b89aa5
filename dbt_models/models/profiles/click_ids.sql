-- One row per click on an advertisement, with the person whose it is and when it is first known of: from the address a visit, an order
-- or a lead's form landed on, else from a column in which the CRM keeps it, whose day is only that of the contact. A link that is passed
-- on carries the click along, which stays that of whoever came with it first.
{% set in_crm = {'hs_google_click_id': 'gclid', 'hs_facebook_click_id': 'fbclid'} %}
{% set paths = [] %}
{% for name in click_id_names() + in_crm | list %}{% do paths.append('$.' ~ name) %}{% endfor %}
{% for name in in_crm %}{% do paths.append('$.property_' ~ name) %}{% endfor %}
{% set kept = json_picked('in_traits', paths) %}

with landed as (
    select identifier_type, identifier, click_id_type, click_id, started_at as clicked_at, 1 as place
    from {{ ref('sessions') }}
    where click_id is not null
    union all
    select 'lead_id', {{ account_id('lead_id', 'source') }}, click_id_type, click_id, created_at, 1
    from {{ ref('unified_leads') }}
    where click_id is not null
    union all
    select 'order_id', order_id, click_id_type, click_id, ordered_at, 1
    from {{ ref('unified_orders') }}
    where click_id is not null and not is_test
),

told_of as (
    {% for model, id in [('unified_leads', 'lead_id'), ('unified_contacts', 'contact_id')] -%}
    select '{{ id }}' as identifier_type, {{ account_id(id, 'source') }} as identifier, created_at, {{ json_pick('traits', paths) }} as in_traits
    from {{ ref(model) }}
    where traits is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

clicks as (
    select * from landed
    {% for name, found in kept.items() -%}
    union all
    select identifier_type, identifier, '{{ in_crm.get(name | replace('property_', ''), name) }}', trim({{ found }}), created_at, 2
    from told_of
    where {{ found }} is not null
    {% endfor %}
)

select
    identifiers.profile_id,
    clicks.click_id_type,
    clicks.click_id,
    clicks.clicked_at
from clicks
inner join {{ ref('identifiers') }} as identifiers
    on clicks.identifier_type = identifiers.identifier_type and clicks.identifier = identifiers.identifier
where clicks.clicked_at is not null and clicks.click_id <> ''
qualify row_number() over (
    partition by clicks.click_id_type, clicks.click_id order by clicks.place, clicks.clicked_at, identifiers.profile_id
) = 1
