{% set people %}
    (select
        rfm.profile_id,
        rfm.recency_days,
        rfm.frequency,
        rfm.rfm_segment,
        profiles.net_revenue,
        profiles.last_order_at,
        -- The customer's own rhythm. Who bought once has none: 90 days stand in for it, which makes half a year of silence.
        case
            when rfm.frequency > 1
                then {{ days_between(local_date('profiles.first_order_at'), local_date('profiles.last_order_at')) }} / (rfm.frequency - 1.0)
            else 90.0
        end as usual_gap_days
    from {{ ref('rfm') }} as rfm
    inner join {{ ref('profiles') }} as profiles on rfm.profile_id = profiles.profile_id)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'is_customer': 'frequency > 0',
        'silent_beyond_rhythm': 'recency_days > 2 * greatest(usual_gap_days, 30.0)',
        'within_window': 'last_order_at >= window_start',
    },
    value='net_revenue / frequency',
    reason={'recency_days': 'recency_days', 'usual_gap_days': 'round(usual_gap_days, 1)', 'rfm_segment': 'rfm_segment'},
    context={'orders': 'frequency', 'last_order_at': 'last_order_at'},
) }}
