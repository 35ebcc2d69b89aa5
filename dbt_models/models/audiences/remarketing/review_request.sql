{% set people %}
    (with delivered as (
        select
            profile_id,
            order_id,
            delivered_at,
            net_company,
            row_number() over (partition by profile_id order by delivered_at desc, order_id desc) as place
        from {{ ref('person_orders') }}
        where is_revenue and delivered_at >= {{ window_start() }} and delivered_at <= {{ quiet_since() }}
    ),

    orders as (
        select * from delivered where place = 1
    ),

    products as (
        select
            lines.order_id,
            {{ json_list({'product_id': 'lines.product_id'}) }} as products
        from (
            select distinct order_id, product_id
            from {{ ref('unified_order_lines') }}
            where product_id is not null and order_id in (select order_id from orders)
        ) as lines
        group by lines.order_id
    ),

    requests as (
        {% for model, type in [('unified_email_events', 'email'), ('unified_message_events', 'phone')] -%}
        select identifiers.profile_id, told.occurred_at
        from {{ ref(model) }} as told
        inner join {{ ref('identifiers') }} as identifiers
            on identifiers.identifier_type = '{{ type }}' and identifiers.identifier = told.{{ 'email' if type == 'email' else 'identifier' }}
        where told.campaign_id in {{ option('campaigns') }}
          and told.type not in ('bounced', 'failed')
          and told.occurred_at >= {{ window_start() }}
        union all
        {% endfor -%}
        -- Not before the day is over: whoever left the audience at once would be taken off the list before the message goes out.
        select profile_id, sent_at
        from {{ ref('sent_steps') }}
        where audience = '{{ audience_name() }}' and sent_at <= {{ hours_before(as_of(), 24) }}
    ),

    asked as (
        select profile_id, max(occurred_at) as asked_at from requests group by profile_id
    )

    select orders.profile_id, orders.order_id, orders.delivered_at, orders.net_company, products.products, asked.asked_at
    from orders
    left join products on orders.order_id = products.order_id
    left join asked on orders.profile_id = asked.profile_id)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'delivered_in_window': ['delivered_at', '>=', 'window_start'],
        'had_time_to_try': ['delivered_at', '<=', 'quiet_since'],
        'not_asked_since': '(asked_at is null or asked_at < delivered_at)',
    },
    anchor='delivered_at',
    value='net_company',
    reason={'delivered_at': 'delivered_at', 'order_id': 'order_id'},
    context={'order_id': 'order_id', 'delivered_at': 'delivered_at', 'products': {'json': "coalesce(products, '[]')"}},
) }}
