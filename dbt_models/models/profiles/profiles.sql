-- One row per person, known or anonymous. What is told of them by several is the word that survived (profile_fields).
{% set traits = [
    'email', 'phone', 'first_name', 'last_name', 'gender', 'street', 'city', 'postal_code', 'region', 'country', 'company', 'job_title',
    'income_band', 'owner', 'acquisition_source', 'person_kind',
] %}

with identifiers as (
    select * from {{ ref('identifiers') }}
),

survivors as (
    select
        profile_id,
        {% for trait in traits -%}
        max(case when field = '{{ trait }}' then value end) as {{ trait }},
        {% endfor -%}
        cast(max(case when field = 'birth_date' then value end) as date) as birth_date,
        cast(max(case when field = 'loyalty_points' then value end) as decimal(18, 4)) as loyalty_points
    from {{ ref('profile_fields') }}
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
        {{ money_sum('sum(value)') }} as cart_value,
        max(cart_updated_at) as cart_updated_at
    from {{ ref('cart_lines') }}
    group by 1
),

asked as (
    select identifiers.profile_id, max(leads.created_at) as last_lead_at
    from {{ ref('unified_leads') }} as leads
    inner join identifiers on identifiers.identifier_type = 'lead_id' and identifiers.identifier = {{ account_id('leads.lead_id', 'leads.source') }}
    group by 1
)

select
    people.profile_id,
    people.is_known,
    case
        when greatest(orders.last_order_at, subscribers.last_paid_at) >= case
            when survivors.person_kind = 'professional' then {{ days_before(today('ends_at'), company('professional_lapsed_after_days')) }}
            else {{ days_before(today('ends_at'), company('lapsed_after_days')) }}
        end then 'customer'
        when coalesce(orders.last_order_at, subscribers.last_paid_at) is not null then 'lapsed'
        when people.is_lead and (
            {{ company('lead_days') }} is null or asked.last_lead_at >= {{ days_before(today('ends_at'), company('lead_days')) }}
        ) then 'lead'
        when people.is_known then 'prospect'
        else 'visitor'
    end as lifecycle_stage,
    {% for trait in traits %}
    survivors.{{ trait }},
    {% endfor %}
    survivors.birth_date,
    survivors.loyalty_points,
    companies.company as visiting_company,
    internal.profile_id is not null as is_internal,
    people.first_seen_at,
    greatest(people.first_seen_at, visits.last_visit_at, orders.last_checkout_at, email.last_response_at) as last_seen_at,
    coalesce(visits.session_count, 0) as session_count,
    coalesce(orders.order_count, 0) as order_count,
    coalesce(orders.net_revenue, cast(0 as decimal(18, 4))) as net_revenue,
    {{ company('currency') }} as currency,
    cast({{ rounded('cast(orders.net_revenue as double) / nullif(orders.order_count - orders.orders_without_rate, 0)', 4) }} as decimal(18, 4)) as average_order_value,
    orders.first_order_at,
    orders.last_order_at,
    coalesce(carts.cart_value, cast(0 as decimal(18, 4))) as cart_value,
    carts.cart_updated_at,
    bounced.bounced_at as email_bounced_at,
    cast(email.opened as double) / nullif(email.trackable, 0) as email_open_rate,
    cast(email.clicked as double) / nullif(email.delivered, 0) as email_click_rate
from {{ ref('profile_people') }} as people
left join survivors on people.profile_id = survivors.profile_id
left join visits on people.profile_id = visits.profile_id
left join {{ ref('order_totals') }} as orders on people.profile_id = orders.profile_id
left join carts on people.profile_id = carts.profile_id
left join {{ ref('unified_bounced_addresses') }} as bounced on survivors.email = bounced.email
left join {{ ref('subscribers') }} as subscribers on people.profile_id = subscribers.profile_id
left join asked on people.profile_id = asked.profile_id
left join companies on people.profile_id = companies.profile_id
left join {{ ref('internal_people') }} as internal on people.profile_id = internal.profile_id
left join {{ ref('email_engagement') }} as email on people.profile_id = email.profile_id
