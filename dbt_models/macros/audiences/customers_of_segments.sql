{# The audience of some segments of recency, frequency and monetary value. #}
{% macro customers_of_segments() %}
{% set people %}
    (select
        rfm.profile_id,
        rfm.rfm_segment,
        rfm.rfm_score,
        rfm.frequency,
        rfm.monetary,
        bought.first_order_at,
        bought.last_bought_at
    from {{ ref('rfm') }} as rfm
    inner join {{ ref('last_purchases') }} as bought on rfm.profile_id = bought.profile_id)
{% endset %}
{{ audience_candidates(
    people=people | trim,
    clauses={
        'is_of_a_segment': 'rfm_segment in ' ~ option('segments'),
        'within_window': ['last_bought_at', '>=', 'window_start'],
    },
    anchor='last_bought_at',
    value='monetary',
    reason={'rfm_segment': 'rfm_segment', 'rfm_score': 'rfm_score'},
    context={'orders': 'frequency', 'customer_since': 'first_order_at'},
) }}
{% endmacro %}
