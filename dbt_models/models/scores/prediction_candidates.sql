-- One row per person and model that is to say something of them: who has a lead that is open, who has ordered, and whose last order is
-- not so old that they count as lost already.
with now as (
    select now.moment, settings.churn_days
    from {{ ref('prediction_moment') }} as now
    cross join {{ source('control', 'scores') }} as settings
),

leads as (
    select
        leads.profile_id,
        {{ newest('leads.lead', 'leads.created_at') }} as lead
    from {{ ref('prediction_leads') }} as leads
    cross join now
    where leads.converted_at is null and not leads.is_undated and leads.created_at <= now.moment
    group by leads.profile_id
),

customers as (
    select
        orders.profile_id,
        orders.last_order_at >= {{ days_before('now.moment', 'now.churn_days') }} as is_active
    from {{ ref('order_totals') }} as orders
    inner join {{ ref('prediction_people') }} as people on orders.profile_id = people.profile_id
    cross join now
    where orders.order_count > 0
),

everybody as (
    select 'lead_converts' as model, profile_id, lead from leads
    union all
    select 'customer_buys', profile_id, null from customers
    union all
    select 'customer_churns', profile_id, null from customers where is_active
)

select
    model,
    profile_id,
    max(lead) over (partition by profile_id) as lead,
    cast(dense_rank() over (order by profile_id) as integer) as example
from everybody
