-- One row per moment of the past from which a model learns: somebody as of then, and what became of them within the model's days,
-- all of which lie before the fit. Leads stand here as of their creation and of the first of each month while they are open, for a
-- year; customers as of the first of each month; those who may be lost, while their last order is not too old.
-- Where there are more than it takes to learn, a sample by hash: `weight` says for how many an example stands. Those who are new
-- are seen once; of others, whose months are much alike, fewer are enough.
{% set most_people, most_new, most_others = 50000, 20000, 10000 %}

with leads as (
    select * from {{ ref('prediction_leads') }}
    where not is_undated
    qualify row_number() over (order by {{ hash_share('lead') }}, lead) <= {{ most_people }}
),

firsts as (
    select
        orders.profile_id,
        {{ oldest_of('orders.order_id', ['orders.ordered_at', 'orders.order_id']) }} as anchor,
        min(orders.ordered_at) as first_order_at
    from {{ ref('person_orders') }} as orders
    inner join {{ ref('prediction_people') }} as people on orders.profile_id = people.profile_id
    where orders.is_revenue
    group by orders.profile_id
),

customers as (
    select * from firsts
    qualify row_number() over (order by {{ hash_share('anchor') }}, anchor) <= {{ most_people }}
),

moments as (
    select * from {{ source('control', 'score_moments') }}
),

customer_moments as (
    select
        customers.profile_id,
        customers.anchor,
        moments.month,
        moments.moment,
        max(case when orders.ordered_at < moments.moment then orders.ordered_at end) as last_order_at,
        min(case when orders.ordered_at >= moments.moment then orders.ordered_at end) as next_order_at
    from customers
    inner join moments on customers.first_order_at < moments.moment
    inner join {{ ref('person_orders') }} as orders on customers.profile_id = orders.profile_id and orders.is_revenue
    group by 1, 2, 3, 4
),

settings as (
    select * from {{ source('control', 'scores') }}
),

examples as (
    select
        'lead_converts' as model, 'lead_id' as anchor_type, leads.lead as anchor, leads.profile_id, 0 as month,
        leads.created_at as moment, true as is_new, leads.converted_at as happened_at, settings.lead_days as days
    from leads
    cross join settings
    union all
    select
        'lead_converts', 'lead_id', leads.lead, leads.profile_id, moments.month,
        moments.moment, false, leads.converted_at, settings.lead_days
    from leads
    inner join moments
        on leads.created_at < moments.moment
        and leads.created_at >= {{ days_before('moments.moment', 365) }}
        and (leads.converted_at is null or leads.converted_at >= moments.moment)
    cross join settings
    union all
    select 'customer_buys', 'order_id', people.anchor, people.profile_id, people.month, people.moment, false, people.next_order_at, settings.buy_days
    from customer_moments as people
    cross join settings
    union all
    select 'customer_churns', 'order_id', people.anchor, people.profile_id, people.month, people.moment, false, people.next_order_at, settings.churn_days
    from customer_moments as people
    cross join settings
    where people.last_order_at >= {{ days_before('people.moment', 'settings.churn_days') }}
),

known as (
    select
        examples.*,
        coalesce({{ days_before('examples.happened_at', 'examples.days') }} < examples.moment, false) as happens,
        {{ hash_share("examples.anchor || '|' || cast(examples.month as string)") }} as place
    from examples
    cross join settings
    where examples.moment <= {{ days_before('settings.fit_at', 'examples.days') }}
),

sampled as (
    select
        *,
        case when is_new then {{ most_new }} else {{ most_others }} end as most,
        count(*) over (partition by model, is_new, happens) as alike,
        row_number() over (partition by model, is_new, happens order by place, anchor, month) as rank
    from known
)

select
    cast(row_number() over (order by model, moment, anchor) as integer) as example,
    model,
    anchor_type,
    anchor,
    case when anchor_type = 'lead_id' then anchor end as lead,
    profile_id,
    moment,
    is_new,
    -- Of a customer who may be lost, what counts is that nothing happens.
    case when model = 'customer_churns' then not happens else happens end as outcome,
    cast(alike as double) / least(alike, most) as weight,
    cast(floor({{ hash_share("'fold|' || anchor") }} * 5) as integer) as fold
from sampled
where rank <= most
