{% set people %}
    (with complaints as (
        select profile_id, 'refund' as kind, coalesce(refunded_at, updated_at, ordered_at) as told_at
        from {{ ref('person_orders') }}
        where refunded_amount > 0 or status = 'refunded' or {{ matches('lower(vendor_status)', '(refund|return|dispute|chargeback)') }}
        union all
        select profile_id, 'review', reviewed_at
        from (
            select
                profile_id,
                product_id,
                max(created_at) as reviewed_at,
                {{ newest('rating', 'created_at') }} as rating
            from {{ with_person('unified_reviews', ['product_id', 'rating', 'created_at']) }} as reviews
            group by 1, 2
        ) as newest_reviews
        where rating <= {{ option('worst_ratings_up_to') }}
    )

    -- A run that looks back may read of refunds that were yet to come.
    select profile_id, max(told_at) as complained_at, {{ newest('kind', 'told_at') }} as kind
    from complaints
    where told_at <= {{ as_of() }}
    group by 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={'unhappy_in_window': ['complained_at', '>=', 'window_start']},
    anchor='complained_at',
    reason={'kind': 'kind', 'complained_at': 'complained_at'},
) }}
