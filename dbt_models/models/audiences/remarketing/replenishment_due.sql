{% set people %}
    (with due as (
        select
            bought.profile_id,
            bought.product_id,
            bought.bought_at,
            intervals.interval_days,
            products.price,
            {{ days_before('bought.bought_at', '-round(intervals.interval_days)') }} as due_at
        from {{ ref('profile_products') }} as bought
        inner join {{ ref('repurchase_intervals') }} as intervals
            on bought.product_id = intervals.product_id and intervals.gaps >= {{ option('least_gaps') }}
        left join {{ ref('offered_products') }} as products on bought.product_id = products.product_id
        where bought.bought_at is not null and coalesce(products.is_available, true)
    )

    select
        profile_id,
        max(due_at) as due_at,
        cast(sum(price) as decimal(18, 4)) as price_sum,
        {{ text_list('product_id') }} as offers,
        {{ json_list({'product_id': 'product_id', 'bought_at': 'bought_at', 'usual_days': 'interval_days', 'due_at': 'due_at'}) }} as products
    from due
    cross join {{ source('control', 'run') }} as run
    where due_at >= {{ window_start() }} and due_at <= {{ hours_before('run.as_of', '-24 * ' ~ option('days_ahead')) }}
    group by profile_id)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'due_in_window': ['due_at', '>=', 'window_start'],
        'due_soon': ['due_at', '<=', hours_before('as_of', '-24 * ' ~ option('days_ahead'))],
    },
    anchor='due_at',
    value='price_sum',
    offers='offers',
    reason={'due_at': 'due_at'},
    context={'products': {'json': 'products'}},
) }}
