{% set people %}
    (select
        profile_id,
        max(bought_at) as bought_at,
        {{ text_list('product_id') }} as products
    from {{ ref('profile_products') }}
    where bought_at >= {{ window_start() }}
    group by 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={'bought_in_window': ['bought_at', '>=', 'window_start']},
    anchor='bought_at',
    offers='products',
    reason={'last_bought_at': 'bought_at'},
    context={'products': {'json': 'to_json(products)'}},
) }}
