{% set people %}
    (select
        purchases.profile_id,
        purchases.order_count,
        purchases.net_revenue,
        rfm.rfm_segment,
        bought.last_order_at,
        bought.last_bought_at,
        {{ days_between(local_date('bought.last_bought_at'), 'run.as_of_date') }} as silent_days,
        -- The customer's own rhythm, by days with an order; whoever has bought on one day only has none.
        case
            when purchases.purchase_days > 1 then {{ days_between('purchases.first_on', 'purchases.last_on') }} / (purchases.purchase_days - 1e0)
            else {{ option('one_time_days') }}
        end as usual_gap_days
    from {{ ref('purchases') }} as purchases
    inner join {{ ref('rfm') }} as rfm on purchases.profile_id = rfm.profile_id
    inner join {{ ref('last_purchases') }} as bought on purchases.profile_id = bought.profile_id
    cross join {{ source('control', 'run') }} as run)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'is_customer': 'order_count > 0',
        'silent_beyond_rhythm': ['silent_days', '>', option('times_the_gap') ~ ' * greatest(usual_gap_days, ' ~ option('least_gap_days') ~ ')'],
        'within_window': ['last_bought_at', '>=', 'window_start'],
    },
    anchor='last_bought_at',
    value=rounded('cast(net_revenue as double) / order_count', 4),
    reason={'recency_days': 'silent_days', 'usual_gap_days': rounded('usual_gap_days', 1), 'rfm_segment': 'rfm_segment'},
    context={'orders': 'order_count', 'last_order_at': 'last_order_at'},
) }}
