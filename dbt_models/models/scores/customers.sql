-- One row per customer: a score from 0 to 100 by the weights of the seed, its tier, and their place in the shop's own order: who logged
-- in within the last week comes first, then who has a cart, then the dearest cart. Per criterion: what it found (`found_…`, NULL where
-- it is not known) and the points it gave. What is not known counts neither way: the other weights share the whole.
{% set criteria = [
    'average_basket', 'orders', 'rhythm', 'first_order', 'last_order', 'email_opens', 'events_attended', 'site_actions',
] %}

with customers as (
    select
        purchases.profile_id,
        purchases.order_count,
        profiles.average_order_value,
        profiles.email_open_rate,
        profiles.cart_value,
        {{ days_between('purchases.first_on', 'today.as_of_date') }} as days_since_first,
        {{ days_between('purchases.last_on', 'today.as_of_date') }} as days_since_last
    from {{ ref('purchases') }} as purchases
    inner join {{ ref('profiles') }} as profiles on purchases.profile_id = profiles.profile_id
    cross join {{ source('control', 'today') }} as today
),

lately as (
    select
        days.identifier_type,
        days.identifier,
        days.times,
        0 as is_login
    from {{ ref('event_days') }} as days
    cross join {{ source('control', 'today') }} as today
    where {{ days_between('days.event_date', 'today.as_of_date') }} < 365
    union all
    select
        visits.identifier_type,
        visits.identifier,
        0,
        1
    from {{ ref('sessions') }} as visits
    cross join {{ source('control', 'today') }} as today
    where visits.identifier_type = 'user_id' and {{ days_between('visits.event_date', 'today.as_of_date') }} < 7
),

done as (
    select
        identifiers.profile_id,
        lately.times as site_actions,
        lately.is_login,
        0 as events_attended
    from lately
    inner join {{ ref('identifiers') }} as identifiers
        on lately.identifier_type = identifiers.identifier_type and lately.identifier = identifiers.identifier
    union all
    select
        profile_id,
        0,
        0,
        times
    from {{ ref('person_actions') }}
    where action = 'event_attended'
),

behaviour as (
    select
        profile_id,
        cast(sum(site_actions) as double) as site_actions,
        max(is_login) = 1 as logged_in_lately,
        cast(sum(events_attended) as double) as events_attended
    from done
    group by 1
),

found as (
    select
        customers.profile_id,
        cast(customers.average_order_value as double) as average_basket,
        cast(customers.order_count as double) as orders,
        -- Who has stayed away longer than usual has a slower rhythm by now.
        cast(greatest(
            customers.days_since_last,
            (customers.days_since_first - customers.days_since_last) / cast(greatest(customers.order_count - 1, 1) as double)
        ) as double) as rhythm,
        cast(customers.days_since_first as double) as first_order,
        cast(customers.days_since_last as double) as last_order,
        customers.email_open_rate as email_opens,
        coalesce(behaviour.events_attended, 0.0) as events_attended,
        coalesce(behaviour.site_actions, 0.0) as site_actions,
        coalesce(behaviour.logged_in_lately, false) as logged_in_lately,
        customers.cart_value
    from customers
    left join behaviour on customers.profile_id = behaviour.profile_id
),

weights as (
    select
        {% for criterion in criteria -%}
        coalesce(max(case when trim(criterion) = '{{ criterion }}' then cast(weight as double) end), 0) as weight_{{ criterion }},
        max(case when trim(criterion) = '{{ criterion }}' then low end) as low_{{ criterion }},
        max(case when trim(criterion) = '{{ criterion }}' then high end) as high_{{ criterion }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('customer_weights') }}
),

-- Where the seed names no bounds, the customers' own.
bounds as (
    select
        {% for criterion in criteria -%}
        coalesce(weights.low_{{ criterion }}, {{ list_item('own.' ~ criterion, 1) }}) as low_{{ criterion }},
        coalesce(weights.high_{{ criterion }}, {{ list_item('own.' ~ criterion, 2) }}) as high_{{ criterion }},
        weights.weight_{{ criterion }}{{ ',' if not loop.last }}
        {% endfor %}
    from weights
    cross join (
        select
            {% for criterion in criteria -%}
            {% set asked_for = 'weights.weight_' ~ criterion ~ ' > 0 and weights.low_' ~ criterion ~ ' is null' -%}
            {{ quantiles('case when ' ~ asked_for ~ ' then found.' ~ criterion ~ ' end', [0.05, 0.95]) }} as {{ criterion }}{{ ',' if not loop.last }}
            {% endfor %}
        from found
        cross join weights
    ) as own
),

-- The share of each criterion's weight that is earned, from 0 to 1.
shares as (
    select
        found.*,
        {% for criterion in criteria -%}
        case when found.{{ criterion }} is not null then bounds.weight_{{ criterion }} else 0 end as weight_{{ criterion }},
        case
            when bounds.high_{{ criterion }} = bounds.low_{{ criterion }} then 0.5
            else coalesce(greatest(least(
                (found.{{ criterion }} - bounds.low_{{ criterion }}) / nullif(bounds.high_{{ criterion }} - bounds.low_{{ criterion }}, 0), 1
            ), 0), 0)
        end as share_{{ criterion }}{{ ',' if not loop.last }}
        {% endfor %}
    from found
    cross join bounds
),

weighed as (
    select
        *,
        nullif({% for criterion in criteria %}weight_{{ criterion }}{{ ' + ' if not loop.last }}{% endfor %}, 0) as known_weight
    from shares
),

-- Rounded down, so that the sum is never more than the whole; the hair's breadth makes up for what doubles lose.
pointed as (
    select
        *,
        {% for criterion in criteria -%}
        cast(
            coalesce(floor(10000 * weight_{{ criterion }} / known_weight * share_{{ criterion }} + 0.000001) / 100, 0) as decimal(9, 2)
        ) as points_{{ criterion }}{{ ',' if not loop.last }}
        {% endfor %}
    from weighed
),

scored as (
    select
        *,
        cast({% for criterion in criteria %}points_{{ criterion }}{{ ' + ' if not loop.last }}{% endfor %} as decimal(18, 4)) as score
    from pointed
),

ladder as (
    select
        {% for tier in [1, 2, 3, 4] -%}
        max(case when tier = {{ tier }} then at_least end) as at_least_{{ tier }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('customer_tiers') }}
),

ranked as (
    select
        profile_id,
        rank() over (order by logged_in_lately desc, case when cart_value > 0 then 1 else 0 end desc, cart_value desc) as shop_rank
    from found
    where logged_in_lately or cart_value > 0
),

tiered as (
    select
        scored.*,
        {% for tier in [1, 2, 3, 4] %}{{ 'case' if loop.first }} when scored.score >= ladder.at_least_{{ tier }} then {{ tier }} {% endfor %} else 5 end as tier
    from scored
    cross join ladder
)

select
    tiered.profile_id,
    tiered.score,
    tiered.tier,
    tiers.name as tier_name,
    tiers.action as tier_action,
    tiered.logged_in_lately,
    tiered.cart_value > 0 as has_cart,
    tiered.cart_value,
    -- Who has neither logged in nor a cart is behind all others.
    coalesce(ranked.shop_rank, others.behind) as shop_rank,
    {% for criterion in criteria -%}
    tiered.{{ criterion }} as found_{{ criterion }},
    tiered.points_{{ criterion }}{{ ',' if not loop.last }}
    {% endfor %}
from tiered
inner join {{ ref('customer_tiers') }} as tiers on tiered.tier = tiers.tier
left join ranked on tiered.profile_id = ranked.profile_id
cross join (select count(*) + 1 as behind from ranked) as others
