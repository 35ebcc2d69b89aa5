-- One row per currency and period in which one rate to the company's currency held: from the day it was given to the next one. So
-- weekends and holidays take the last rate before them, and a feed that stops leaves its last rate standing; how old the rates in
-- use are is checked apart (unified.rate_gaps).
-- A rate given the other way round is inverted; where both are given for a day, the direct one counts. A currency that is never
-- quoted against the company's own goes through one that is, the one it is quoted against most often, on days when both legs are known.
-- Before a currency's first rate there is none: a gap, never 1.
{{ config(alias='company_rates') }}

with legs as (
    select from_currency, to_currency, date, rate, 1 as way
    from {{ ref('unified_exchange_rates') }}
    where from_currency <> to_currency and rate > 0
    union all
    select to_currency, from_currency, date, try_cast(1 / cast(rate as double) as decimal(20, 12)), 2
    from {{ ref('unified_exchange_rates') }}
    where from_currency <> to_currency and rate > 0
),

one_a_day as (
    select *
    from legs
    where rate > 0
    qualify row_number() over (partition by from_currency, to_currency, date order by way, rate) = 1
),

spans as (
    select
        from_currency,
        to_currency,
        date as valid_from,
        coalesce(lead(date) over (partition by from_currency, to_currency order by date), date '9999-12-31') as valid_to,
        rate
    from one_a_day
),

quoted as (
    select * from spans where to_currency = {{ company('currency') }}
),

through as (
    select
        first_leg.from_currency as currency,
        first_leg.to_currency as bridge,
        greatest(first_leg.valid_from, second_leg.valid_from) as valid_from,
        least(first_leg.valid_to, second_leg.valid_to) as valid_to,
        try_cast(cast(first_leg.rate as double) * cast(second_leg.rate as double) as decimal(20, 12)) as rate
    from spans as first_leg
    inner join quoted as second_leg
        on first_leg.to_currency = second_leg.from_currency
        and first_leg.valid_from < second_leg.valid_to
        and second_leg.valid_from < first_leg.valid_to
    where first_leg.from_currency <> {{ company('currency') }}
      and first_leg.from_currency not in (select from_currency from quoted)
),

counted as (
    select currency, bridge, count(*) as rates from through group by currency, bridge
),

bridges as (
    select currency, bridge
    from counted
    qualify row_number() over (partition by currency order by rates desc, bridge) = 1
)

select
    from_currency as currency,
    valid_from,
    valid_to,
    rate
from quoted
union all
select
    through.currency,
    through.valid_from,
    through.valid_to,
    through.rate
from through
inner join bridges on through.currency = bridges.currency and through.bridge = bridges.bridge
union all
select {{ company('currency') }}, date '0001-01-01', date '9999-12-31', cast(1 as decimal(20, 12))
