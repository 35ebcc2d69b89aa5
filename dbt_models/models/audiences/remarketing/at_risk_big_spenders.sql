{% set people %}
    (select
        rfm.profile_id,
        rfm.r,
        rfm.m,
        rfm.recency_days,
        rfm.frequency,
        rfm.monetary,
        rfm.rfm_segment,
        bought.last_bought_at
    from {{ ref('rfm') }} as rfm
    inner join {{ ref('last_purchases') }} as bought on rfm.profile_id = bought.profile_id)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'spent_much': ['m', '>=', option('least_m')],
        'ordered_long_ago': ['r', '<=', option('most_r')],
        'within_window': ['last_bought_at', '>=', 'window_start'],
    },
    anchor='last_bought_at',
    value='monetary',
    reason={'monetary': 'monetary', 'recency_days': 'recency_days', 'rfm_segment': 'rfm_segment'},
    context={'orders': 'frequency', 'last_bought_at': 'last_bought_at'},
) }}
