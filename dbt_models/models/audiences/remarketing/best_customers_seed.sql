{% set people %}
    (select
        clv.profile_id,
        clv.clv_12m,
        clv.expected_orders_12m,
        clv.historical_value,
        cuts.cut,
        bought.last_bought_at
    from {{ ref('clv') }} as clv
    inner join {{ ref('last_purchases') }} as bought on clv.profile_id = bought.profile_id
    cross join (
        select {{ list_item(quantiles('clv_12m', ['1.0 - ' ~ option('best_share')]), 1) }} as cut
        from {{ ref('clv') }}
    ) as cuts)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'is_worth_most': ['clv_12m', '>=', 'cut'],
        'is_worth_something': ['clv_12m', '>', 0],
        'within_window': ['last_bought_at', '>=', 'window_start'],
    },
    anchor='last_bought_at',
    value='clv_12m',
    reason={'clv_12m': 'clv_12m', 'expected_orders_12m': 'expected_orders_12m', 'historical_value': 'historical_value'},
    context={'expected_orders_12m': 'expected_orders_12m'},
) }}
