-- One row per conversion that Google Ads holds with another value than it has now, with what makes it right: RESTATE with what is left
-- of it, RETRACT where nothing is left or where it may no longer be held (its person was erased, refuses, or is one of the company's
-- own; the order was cancelled). Each change is told once; what was retracted can't be changed any more.
-- Only conversions of the last 54 days can be adjusted (CONVERSION_EXPIRED in the Google Ads API), and none that is known by a WBRAID
-- (developers.google.com/google-ads/api/docs/conversions/upload-adjustments). An adjustment need not wait for the day after (since
-- 2024-09-09, ads-developers.googleblog.com).
{% set adjustable_days, looked_at_days = 54, 180 %}
{% set purposes = ['ad_user_data', 'platform_matching'] %}

with told as (
    {{ told_conversions(['google_offline_conversions', 'google_conversion_adjustments']) | indent(4) }}
),

refusing as (
    select distinct profile_id
    from {{ ref('profile_consents') }}
    where purpose in ('{{ purposes | join("', '") }}') and status in ('denied', 'withdrawn')
),

now_held as (
    select
        {{ conversion_key('conversions') }} as conversion_key,
        cast(conversions.net_value as decimal(18, 2)) as net_value,
        case when conversions.net_value is not null then conversions.currency end as currency
    from {{ ref('conversions') }} as conversions
    inner join {{ ref('profiles') }} as people on conversions.profile_id = people.profile_id
    cross join {{ source('control', 'run') }} as run
    left join refusing on conversions.profile_id = refusing.profile_id
    where not people.is_internal and refusing.profile_id is null
      and conversions.occurred_at > {{ days_before('run.as_of', looked_at_days) }}
      and conversions.occurred_at <= run.as_of
      -- What is worth nothing by itself, a lead's stage, is not given back either.
      and coalesce(cast(conversions.net_value as decimal(18, 2)), 1) > 0
),

due as (
    select
        told.conversion_key,
        told.times + 1 as times,
        told.order_id,
        told.conversion_name,
        told.occurred_at,
        told.click_id_type,
        case when now_held.conversion_key is null or told.is_erased then 'RETRACT' else 'RESTATE' end as adjustment_type,
        case when not told.is_erased then now_held.net_value end as value,
        case when not told.is_erased then now_held.currency end as currency,
        run.as_of
    from told
    cross join {{ source('control', 'run') }} as run
    left join now_held on told.conversion_key = now_held.conversion_key
    where coalesce(told.adjustment_type, '') <> 'RETRACT'
      and told.occurred_at > {{ days_before('run.as_of', looked_at_days) }}
      and (
          now_held.conversion_key is null or told.is_erased
          or told.value <> now_held.net_value or told.currency <> now_held.currency
      )
)

select
    conversion_key || '-' || cast(times as string) as record_key,
    case
        when click_id_type = 'wbraid' then 'known by a WBRAID'
        when occurred_at <= {{ days_before('as_of', adjustable_days) }} then 'too late'
    end as left_out,
    order_id,
    conversion_name,
    {{ zoned_time('as_of') }} as adjustment_time,
    adjustment_type,
    value as adjusted_value,
    currency as adjusted_currency,
    {{ conversion_journal('conversion_key', 'due', 'adjustment_type', 'times') }} as journal
from due
