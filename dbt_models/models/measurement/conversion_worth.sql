-- One row per kind of conversion whose worth is to be computed (seed conversion_values), and kind of event: how many of those who had time to
-- bought within the look-back, and what a sale is worth on average. The one times the other is what such a conversion is worth.
with settings as (
    select settings.lookback_days, today.last_midnight
    from {{ source('control', 'measurement') }} as settings
    cross join {{ source('control', 'today') }} as today
),

sales as (
    select profile_id, occurred_at, net_company
    from {{ ref('conversions') }}
    where is_sale
),

basket as (
    select cast({{ rounded('cast(sum(net_company) as double) / nullif(count(net_company), 0)', 4) }} as decimal(18, 4)) as average_basket
    from sales
),

registrations as (
    select 'attendance' as kind, registration_id as reference, source, event_kind
    from {{ ref('unified_event_registrations') }}
),

converted as (
    select
        conversions.kind,
        coalesce(registrations.event_kind, '') as event_kind,
        conversions.conversion_id,
        conversions.profile_id,
        conversions.occurred_at
    from {{ ref('conversions') }} as conversions
    inner join {{ ref('conversion_values') }} as worth on conversions.kind = worth.kind
    left join registrations
        on conversions.kind = registrations.kind and conversions.reference = registrations.reference
        and conversions.source = registrations.source
    where worth.valued_by = 'close_rate' and worth.value is null
),

followed as (
    select
        converted.kind,
        converted.event_kind,
        converted.conversion_id,
        converted.occurred_at <= {{ days_before('settings.last_midnight', 'settings.lookback_days') }} as had_time,
        max(case
            when sales.occurred_at > converted.occurred_at
                and sales.occurred_at <= {{ days_after('converted.occurred_at', 'settings.lookback_days') }} then 1
            else 0
        end) as has_bought
    from converted
    cross join settings
    left join sales on converted.profile_id = sales.profile_id
    group by 1, 2, 3, 4
),

counted as (
    select
        kind,
        event_kind,
        count(*) as conversions,
        count(*) filter (where had_time) as had_time,
        count(*) filter (where had_time and has_bought = 1) as closed
    from followed
    group by kind, event_kind
)

select
    counted.kind,
    counted.event_kind,
    counted.conversions,
    counted.had_time,
    counted.closed,
    counted.closed / cast(nullif(counted.had_time, 0) as double) as close_rate,
    basket.average_basket,
    cast({{ rounded('cast(basket.average_basket as double) * counted.closed / nullif(counted.had_time, 0)', 4) }} as decimal(18, 4)) as value,
    {{ company('currency') }} as currency
from counted
cross join basket
