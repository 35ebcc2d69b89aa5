{% set people %}
    (select
        since.*,
        cast(extract(year from since.anniversary) - extract(year from since.customer_since) as integer) as years
    from (
        select
            bought.profile_id,
            bought.net_revenue,
            bought.customer_since,
            {{ next_anniversary('bought.customer_since', 'days.earliest') }} as anniversary
        from (
            select profile_id, net_revenue, {{ local_date('first_order_at') }} as customer_since
            from {{ ref('last_purchases') }}
            where order_count > 0
        ) as bought
        cross join (select {{ local_date(window_start()) }} as earliest) as days
    ) as since)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'anniversary_is_near': ['anniversary', '<=', date_after('as_of_date', option('days_ahead'))],
        'for_years': ['years', '>=', option('least_years')],
    },
    anchor='anniversary',
    value='net_revenue',
    reason={'anniversary': 'anniversary', 'years': 'years'},
    context={'anniversary': 'anniversary', 'years': 'years', 'customer_since': 'customer_since'},
) }}
