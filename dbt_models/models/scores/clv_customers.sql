-- One row per customer: orders after the first (x), the days from the first to the last of them and to the run's day, and their mean value.
{{ config(materialized='view') }}

select
    purchases.profile_id,
    purchases.net_revenue as historical_value,
    purchases.purchase_days - 1 as x,
    {{ days_between('purchases.first_on', 'purchases.last_on') }} as last_days,
    {{ days_between('purchases.first_on', 'today.as_of_date') }} as age_days,
    greatest(cast(purchases.later_value as double), 0) as later_value
from {{ ref('purchases') }} as purchases
cross join {{ source('control', 'today') }} as today
