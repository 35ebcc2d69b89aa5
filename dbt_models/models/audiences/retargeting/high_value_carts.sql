{% set people %}
    (with abandoned as (
        select
            profile_id,
            cart_value,
            cart_updated_at,
            products,
            offers
        from {{ ref('cart_contents') }}
        where cart_updated_at >= {{ window_start() }} and cart_updated_at <= {{ quiet_since() }} and cart_value is not null
          -- A cart that somebody of the company fills to try the shop takes nobody's place.
          and profile_id not in (select profile_id from {{ ref('internal_people') }})
    )

    select
        *,
        -- Carts of one value have one rank, so that equal ones are treated alike.
        rank() over (order by cart_value desc) as value_rank,
        ceil(count(*) over () * {{ option('top_share') }}) as rewarded
    from abandoned)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'within_window': ['cart_updated_at', '>=', 'window_start'],
        'worth_a_code': ['cart_value', '>=', option('minimum_value')],
        'among_the_highest': ['value_rank', '<=', 'rewarded'],
    },
    anchor='cart_updated_at',
    value='cart_value',
    offers='offers',
    reason={'cart_value': 'cart_value', 'value_rank': 'value_rank', 'cart_updated_at': 'cart_updated_at'},
    context={'products': {'json': 'products'}, 'promo_code': option('promo_code')},
) }}
