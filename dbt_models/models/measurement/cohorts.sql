-- One row per month in which customers first bought and month since: how many of them bought again then, and for how much. The month itself
-- is month 0, in which all bought. Of months still to come there is no row; that of the run's day is not over.
with paid as (
    select profile_id, {{ period_of('month', 'sold_on') }} as month, coalesce(net_company, 0) as revenue
    from {{ ref('sales') }}
    union all
    -- A running subscription counts as buying, whoever tells of its payments.
    select told.profile_id, {{ months_before(period_of('month', local_date('told.begun_at')), '(1 - numbers.number)') }}, 0
    from {{ ref('paid_subscriptions') }} as told
    {{ number_rows(months_between(local_date('told.begun_at'), local_date('told.paid_until')) ~ ' + 1', 'numbers') }}
),

purchases as (
    select
        paid.profile_id,
        customers.cohort_month,
        paid.month,
        sum(paid.revenue) as revenue
    from paid
    inner join (
        select profile_id, {{ period_of('month', 'acquired_on') }} as cohort_month from {{ ref('acquired_customers') }}
    ) as customers on paid.profile_id = customers.profile_id and paid.month >= customers.cohort_month
    group by 1, 2, 3
),

active as (
    select cohort_month, {{ months_between('cohort_month', 'month') }} as months_since, count(*) as active, sum(revenue) as revenue
    from purchases
    group by 1, 2
),

places as (
    select cohorts.cohort_month, cohorts.active as customers, numbers.number - 1 as months_since
    from active as cohorts
    cross join {{ source('control', 'today') }} as today
    {{ number_rows(months_between('cohorts.cohort_month', 'today.as_of_date') ~ ' + 1', 'numbers') }}
    where cohorts.months_since = 0
),

cohorts as (
    select
        places.cohort_month,
        places.months_since,
        places.customers,
        coalesce(active.active, 0) as active,
        {{ money_sum('coalesce(active.revenue, 0)') }} as revenue,
        {{ is_over(months_before('places.cohort_month', '(-1 - places.months_since)')) }} as is_finished
    from places
    left join active on places.cohort_month = active.cohort_month and places.months_since = active.months_since
)

select
    cohort_month,
    months_since,
    customers,
    active,
    cast(active as double) / cast(customers as double) as retention,
    revenue,
    {{ company('currency') }} as currency,
    -- The curve of all cohorts together, each by its size, as far as each has got.
    cast(sum(case when is_finished then active end) over of_age as double)
        / cast(sum(case when is_finished then customers end) over of_age as double) as mean_retention,
    is_finished
from cohorts
window of_age as (partition by months_since)
