-- One row per person, known or anonymous.
{% set traits = [
    'email', 'phone', 'first_name', 'last_name', 'city', 'postal_code', 'region', 'country', 'company', 'job_title', 'birth_date', 'gender',
] %}

with identifiers as (
    select * from {{ ref('identifiers') }}
),

people as (
    select
        profile_id,
        max(case when identifier_type in ('user_id', 'email', 'phone', 'contact_id', 'customer_id', 'lead_id') then 1 else 0 end) = 1 as is_known,
        max(case when identifier_type = 'lead_id' then 1 else 0 end) = 1 as is_lead,
        min(first_seen) as first_seen_at
    from identifiers
    group by 1
),

-- What each source says of a person; a contact's word goes before a lead's, a lead's before an order's, the newest first.
statements as (
    select
        identifiers.profile_id, 1 as priority, contacts.updated_at as stated_at, contacts.contact_id as stated_by,
        contacts.email, contacts.phone, contacts.first_name, contacts.last_name, contacts.city, contacts.postal_code, contacts.region,
        contacts.country, contacts.company, contacts.job_title, contacts.birth_date, contacts.gender
    from {{ ref('unified_contacts') }} as contacts
    inner join identifiers on identifiers.identifier_type = 'contact_id' and identifiers.identifier = contacts.contact_id
    union all
    select
        identifiers.profile_id, 2, leads.created_at, leads.lead_id,
        leads.email, leads.phone, leads.first_name, leads.last_name, null, leads.postal_code, null,
        leads.country, null, null, null, null
    from {{ ref('unified_leads') }} as leads
    inner join identifiers on identifiers.identifier_type = 'lead_id' and identifiers.identifier = leads.lead_id
    union all
    select
        orders.profile_id, 3, orders.ordered_at, orders.order_id,
        orders.email, orders.phone, null, null, null, orders.postal_code, null,
        orders.country, null, null, null, null
    from {{ ref('person_orders') }} as orders
    union all
    -- An address known only from the site or a mailing: better than none.
    select
        identifiers.profile_id, 4, identifiers.first_seen, identifiers.identifier,
        case when identifiers.identifier_type = 'email' then identifiers.identifier end,
        case when identifiers.identifier_type = 'phone' then identifiers.identifier end,
        null, null, null, null, null, null, null, null, null, null
    from identifiers
    where identifiers.identifier_type in ('email', 'phone')
),

-- An address that identity has refused to this person (blocked, a parent's) is not theirs to be reached at.
ranked as (
    select
        statements.profile_id,
        own_email.identifier as email,
        own_phone.identifier as phone,
        {% for trait in traits if trait not in ('email', 'phone') %}
        statements.{{ trait }},
        {% endfor %}
        row_number() over (
            partition by statements.profile_id
            order by
                statements.priority,
                statements.stated_at desc nulls last,
                statements.stated_by,
                {% for trait in traits %}
                statements.{{ trait }} nulls last{{ ',' if not loop.last }}
                {% endfor %}
        ) as position
    from statements
    left join identifiers as own_email
        on own_email.identifier_type = 'email' and statements.email = own_email.identifier and statements.profile_id = own_email.profile_id
    left join identifiers as own_phone
        on own_phone.identifier_type = 'phone' and statements.phone = own_phone.identifier and statements.profile_id = own_phone.profile_id
),

survivors as (
    select
        profile_id,
        {% for trait in traits %}
        min_by({{ trait }}, position) filter (where {{ trait }} is not null) as {{ trait }}{{ ',' if not loop.last }}
        {% endfor %}
    from ranked
    group by 1
),

visits as (
    select
        identifiers.profile_id,
        count(*) as session_count,
        max(sessions.ended_at) as last_visit_at
    from {{ ref('sessions') }} as sessions
    inner join identifiers on sessions.identifier_type = identifiers.identifier_type and sessions.identifier = identifiers.identifier
    group by 1
),

companies as (
    select profile_id, {{ newest('company', 'last_seen_at') }} as company
    from {{ ref('company_visits') }}
    group by 1
),

carts as (
    select
        profile_id,
        cast(sum(value) as decimal(18, 4)) as cart_value,
        max(cart_updated_at) as cart_updated_at
    from {{ ref('cart_lines') }}
    group by 1
)

select
    people.profile_id,
    people.is_known,
    case
        when coalesce(orders.order_count, 0) > 0 and orders.last_order_at < {{ days_before(as_of(), 365) }} then 'lapsed'
        when coalesce(orders.order_count, 0) > 0 then 'customer'
        when people.is_lead then 'lead'
        when people.is_known then 'prospect'
        else 'visitor'
    end as lifecycle_stage,
    {% for trait in traits %}
    survivors.{{ trait }},
    {% endfor %}
    companies.company as visiting_company,
    internal.profile_id is not null as is_internal,
    people.first_seen_at,
    greatest(people.first_seen_at, visits.last_visit_at, orders.last_checkout_at, email.last_response_at) as last_seen_at,
    coalesce(visits.session_count, 0) as session_count,
    coalesce(orders.order_count, 0) as order_count,
    coalesce(orders.net_revenue, cast(0 as decimal(18, 4))) as net_revenue,
    {{ company('currency') }} as currency,
    cast(orders.net_revenue / nullif(orders.order_count - orders.orders_without_rate, 0) as decimal(18, 4)) as average_order_value,
    orders.first_order_at,
    orders.last_order_at,
    coalesce(carts.cart_value, cast(0 as decimal(18, 4))) as cart_value,
    carts.cart_updated_at,
    bounced.bounced_at as email_bounced_at,
    cast(email.opened as double) / nullif(email.delivered, 0) as email_open_rate,
    cast(email.clicked as double) / nullif(email.delivered, 0) as email_click_rate
from people
left join survivors on people.profile_id = survivors.profile_id
left join visits on people.profile_id = visits.profile_id
left join {{ ref('order_totals') }} as orders on people.profile_id = orders.profile_id
left join carts on people.profile_id = carts.profile_id
left join {{ ref('unified_bounced_addresses') }} as bounced on survivors.email = bounced.email
left join companies on people.profile_id = companies.profile_id
left join {{ ref('internal_people') }} as internal on people.profile_id = internal.profile_id
left join {{ ref('email_engagement') }} as email on people.profile_id = email.profile_id
