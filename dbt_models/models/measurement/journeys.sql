-- One row per conversion and touch that may have a part in it: of the same person, before it or at the same moment, within the look-back;
-- what each model gives the touch. A conversion that nothing touched has one row, of the channel `unattributed`, with all of it.
-- An event that somebody attended has no part in its own attendance.
{% set weighted = ['time_decay', 'shapley'] %}
{% set journey = 'partition by conversion_id order by touched_at, touch_id' %}

with registrations as (
    select 'attendance' as kind, registration_id as reference, source, event_kind
    from {{ ref('unified_event_registrations') }}
),

conversions as (
    select
        conversions.kind,
        conversions.conversion_id,
        conversions.profile_id,
        conversions.occurred_at,
        conversions.is_sale,
        conversions.reference,
        conversions.source,
        cast(date_trunc('month', {{ local_date('conversions.occurred_at') }}) as date) as month,
        -- What nobody paid for and the seed gives no value is worth what follows from it, where that is to be counted.
        cast(coalesce(conversions.net_company, worth.value, 0) as decimal(18, 4)) as value,
        {{ days_before('conversions.occurred_at', 'settings.lookback_days') }} as since_at,
        settings.half_life_days,
        settings.position_first,
        settings.position_last
    from {{ ref('conversions') }} as conversions
    cross join {{ source('control', 'measurement') }} as settings
    left join registrations
        on conversions.kind = registrations.kind and conversions.reference = registrations.reference
        and conversions.source = registrations.source
    left join {{ ref('conversion_worth') }} as worth
        on conversions.kind = worth.kind and coalesce(registrations.event_kind, '') = worth.event_kind
),

touches as (
    select *, case when kind = 'event' then touch_id else '' end as attendance_id
    from {{ ref('touchpoints') }}
),

touched as (
    select
        conversions.kind,
        conversions.conversion_id,
        conversions.profile_id,
        conversions.occurred_at,
        conversions.is_sale,
        conversions.reference,
        conversions.source as conversion_source,
        conversions.month,
        conversions.value,
        touches.touch_id,
        touches.touched_at,
        coalesce(touches.channel, 'unattributed') as channel,
        coalesce(touches.campaign_key, '') as campaign_key,
        coalesce(touches.campaign, '') as campaign,
        touches.influencer,
        touches.supplier,
        coalesce(touches.is_direct, false) as is_direct,
        conversions.half_life_days,
        conversions.position_first,
        conversions.position_last
    from conversions
    left join touches
        on conversions.profile_id = touches.profile_id
        and touches.touched_at <= conversions.occurred_at
        and touches.touched_at >= conversions.since_at
        and touches.attendance_id <> conversions.conversion_id
),

-- Sums without an order are cheaper as groups than as windows: sorting is what takes time here.
sets as (
    select
        conversion_id,
        channel,
        count(*) as touches,
        sum(case when is_direct then 0 else 1 end) as marked,
        max(touched_at) as newest_at
    from touched
    group by conversion_id, channel
),

totals as (
    select conversion_id, sum(touches) as touches, sum(marked) as marked_total, max(newest_at) as newest_at
    from sets
    group by conversion_id
),

-- Weights are decimal, so that their sums are the same in whichever order they are made.
weighed as (
    select
        touched.*,
        totals.touches,
        totals.marked_total,
        case when touched.is_direct then 0 else 1 end as is_marked,
        cast(case
            when touched.touch_id is null then 1
            else power(0.5, {{ seconds_between('touched.touched_at', 'totals.newest_at') }} / 86400e0 / touched.half_life_days)
        end as decimal(20, 12)) as time_decay_weight,
        -- The Shapley value of a channel, where a set of channels is worth what the journeys were that needed no others: each journey
        -- is shared alike by the channels in it (L. S. Shapley, "A value for n-person games", 1953, by its additivity and symmetry).
        cast(1e0 / sets.touches as decimal(20, 12)) as shapley_weight
    from touched
    inner join sets on touched.conversion_id = sets.conversion_id and touched.channel = sets.channel
    inner join totals on touched.conversion_id = totals.conversion_id
),

summed as (
    select
        *,
        row_number() over ({{ journey }}) as place,
        sum(is_marked) over ({{ journey }} rows unbounded preceding) as marked_above,
        {% for model in weighted -%}
        sum({{ model }}_weight) over ({{ journey }} rows unbounded preceding) as {{ model }}_above,
        sum({{ model }}_weight) over ({{ journey }} rows between unbounded preceding and unbounded following) as {{ model }}_total{{ ',' if not loop.last }}
        {% endfor %}
    from weighed
)

select
    kind,
    conversion_id,
    profile_id,
    occurred_at,
    is_sale,
    reference,
    conversion_source,
    month,
    value,
    touch_id,
    touched_at,
    channel,
    campaign_key,
    campaign,
    influencer,
    supplier,
    is_direct,
    cast(place as integer) as place,
    cast(touches as integer) as touches,
    {% for model in touch_models() -%}
    {% set above, below, total = touch_shares(model) -%}
    {{ shared_out('1', above, below, total, 'decimal(18, 6)') }} as conversions_{{ model }},
    {{ shared_out('value', above, below, total) }} as revenue_{{ model }}{{ ',' if not loop.last }}
    {% endfor %}
from summed
