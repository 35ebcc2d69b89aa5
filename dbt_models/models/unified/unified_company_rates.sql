-- One row per currency and period in which one rate to the company's currency held: from the day it was given to the next one.
-- A rate given the other way round is inverted; where both are given for a day, the direct one counts.
{{ config(alias='company_rates') }}

with given as (
    select from_currency as currency, date as valid_from, rate, 'direct' as way
    from {{ ref('unified_exchange_rates') }}
    where to_currency = {{ company('currency') }} and from_currency <> to_currency and rate > 0
    union all
    select to_currency, date, cast(1 / cast(rate as double) as decimal(20, 12)), 'inverse'
    from {{ ref('unified_exchange_rates') }}
    where from_currency = {{ company('currency') }} and from_currency <> to_currency and rate > 0
),

one_a_day as (
    select *
    from given
    qualify row_number() over (partition by currency, valid_from order by way, rate) = 1
)

select
    currency,
    valid_from,
    coalesce(lead(valid_from) over (partition by currency order by valid_from), date '9999-12-31') as valid_to,
    rate
from one_a_day
union all
select {{ company('currency') }}, date '0001-01-01', date '9999-12-31', cast(1 as decimal(20, 12))
