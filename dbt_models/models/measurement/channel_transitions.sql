-- One row per kind of conversion, period and step from channel to channel: how many journeys took it. Journeys begin at `(start)`; they end at
-- `(conversion)`, or at `(null)`: those of people with touches who did not convert in the period. Removal effects are worked out from it.
with steps as (
    select
        profile_id,
        cast(date_trunc('month', touch_date) as date) as month,
        channel,
        lag(cast(date_trunc('month', touch_date) as date)) over person as previous_month,
        lead(cast(date_trunc('month', touch_date) as date)) over person as next_month,
        lead(channel) over person as next_channel
    from {{ ref('touchpoints') }}
    window person as (partition by profile_id order by touched_at, touch_id)
),

-- The last before it and the next after it, of each touch that is neither first nor last in its period.
walked as (
    {% for period_kind, first, last in [
        ('month', 'previous_month is null or previous_month <> month', 'next_month is null or next_month <> month'),
        ('all', 'previous_month is null', 'next_month is null'),
    ] -%}
    select '{{ period_kind }}' as period_kind, {{ 'month' if period_kind == 'month' else 'cast(null as date)' }} as period, profile_id,
        channel as from_state, case when {{ last }} then '(null)' else next_channel end as to_state
    from steps
    union all
    select '{{ period_kind }}', {{ 'month' if period_kind == 'month' else 'null' }}, profile_id, '(start)', channel
    from steps
    where {{ first }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

converted as (
    select distinct 'month' as period_kind, kind, month as period, profile_id from {{ ref('journeys') }}
    union all
    select distinct 'all', kind, cast(null as date), profile_id from {{ ref('journeys') }}
),

kinds as (
    select distinct period_kind, kind, period from converted
),

-- Everybody's, less those of who converted.
lost as (
    select walked.period_kind, kinds.kind, walked.period, walked.from_state, walked.to_state, walked.journeys
    from (
        select period_kind, period, from_state, to_state, count(*) as journeys from walked group by 1, 2, 3, 4
    ) as walked
    inner join kinds on walked.period_kind = kinds.period_kind and coalesce(walked.period, date '1970-01-01') = coalesce(kinds.period, date '1970-01-01')
    union all
    select walked.period_kind, converted.kind, walked.period, walked.from_state, walked.to_state, -count(*)
    from walked
    inner join converted
        on walked.profile_id = converted.profile_id and walked.period_kind = converted.period_kind
        and coalesce(walked.period, date '1970-01-01') = coalesce(converted.period, date '1970-01-01')
    group by 1, 2, 3, 4, 5
),

gained as (
    select
        kind, month, channel, place, touches,
        lag(channel) over (partition by conversion_id order by place) as previous_channel
    from {{ ref('journeys') }}
    where touch_id is not null
),

won as (
    select kind, month, coalesce(previous_channel, '(start)') as from_state, channel as to_state, count(*) as journeys
    from gained
    group by 1, 2, 3, 4
    union all
    select kind, month, channel, '(conversion)', count(*)
    from gained
    where place = touches
    group by 1, 2, 3
),

counted as (
    select * from lost
    union all
    select 'month', kind, month, from_state, to_state, journeys from won
    union all
    select 'all', kind, null, from_state, to_state, journeys from won
)

select kind, period_kind, period, from_state, to_state, cast(sum(journeys) as bigint) as journeys
from counted
group by kind, period_kind, period, from_state, to_state
having sum(journeys) > 0
