{# The audience of one tier of the customer score. #}
{% macro customers_of_tier() %}
{% set people %}
    (select
        customers.profile_id,
        customers.score,
        customers.tier,
        customers.tier_name,
        customers.tier_action,
        bought.last_bought_at,
        bought.net_revenue
    from {{ ref('customers') }} as customers
    inner join {{ ref('last_purchases') }} as bought on customers.profile_id = bought.profile_id)
{% endset %}
{{ audience_candidates(
    people=people | trim,
    clauses={
        'is_of_the_tier': ['tier', '=', option('tier')],
        'within_window': ['last_bought_at', '>=', 'window_start'],
    },
    anchor='last_bought_at',
    value='net_revenue',
    reason={'score': 'score', 'tier': 'tier', 'tier_name': 'tier_name'},
    context={'tier': 'tier', 'what_to_do': 'tier_action'},
) }}
{% endmacro %}
