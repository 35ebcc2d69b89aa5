{# SELECT of conversion_id, channel, campaign_key: the touch that won each of `won` (conversion_id, profile_id, won_at): the last one until
   then, within the look-back, that was no direct visit, or else the last direct one. #}
{% macro winning_touches(won) -%}
    select won.conversion_id, touchpoints.channel, touchpoints.campaign_key
    from {{ won }} as won
    cross join {{ source('control', 'measurement') }} as settings
    inner join {{ ref('touchpoints') }} as touchpoints
        on won.profile_id = touchpoints.profile_id
        and touchpoints.touched_at <= won.won_at
        and touchpoints.touched_at >= {{ days_before('won.won_at', 'settings.lookback_days') }}
    qualify row_number() over (
        partition by won.conversion_id
        order by case when touchpoints.is_direct then 1 else 0 end, touchpoints.touched_at desc, touchpoints.touch_id desc
    ) = 1
{%- endmacro %}
