{% set people %}
    (with complaints as (
        select profile_id, 'refund' as kind, coalesce(refunded_at, updated_at, ordered_at) as told_at
        from {{ ref('person_orders') }}
        where refunded_amount > 0 or status = 'refunded' or {{ matches('lower(vendor_status)', '(refund|return|dispute|chargeback)') }}
        union all
        select profile_id, 'review', reviewed_at
        from (
            {% for type in ['customer_id', 'email'] -%}
            select
                identifiers.profile_id,
                reviews.product_id,
                max(reviews.created_at) as reviewed_at,
                {{ newest('reviews.rating', 'reviews.created_at') }} as rating
            from {{ ref('unified_reviews') }} as reviews
            inner join {{ ref('identifiers') }} as identifiers
                on identifiers.identifier_type = '{{ type }}'
                and identifiers.identifier = {{ account_id('reviews.customer_id', 'reviews.source') if type == 'customer_id' else 'reviews.email' }}
            {{ 'where reviews.customer_id is null' if type == 'email' }}
            group by 1, 2
            {{ 'union all' if not loop.last }}
            {% endfor %}
        ) as newest_reviews
        where rating <= {{ option('worst_ratings_up_to') }}
    )

    select profile_id, max(told_at) as complained_at, {{ newest('kind', 'told_at') }} as kind
    from complaints
    group by 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={'unhappy_in_window': ['complained_at', '>=', 'window_start']},
    anchor='complained_at',
    reason={'kind': 'kind', 'complained_at': 'complained_at'},
) }}
