-- One row per table and currency whose amounts could not be brought to the company's currency, or only at a rate more than a month
-- older than the day they belong to.
{{ config(alias='rate_gaps') }}
{% set money = [
    ('unified_orders', 'orders', 'total', 'total_company', 'order_date'),
    ('unified_order_lines', 'order_lines', 'line_total', 'line_total_company', none),
    ('unified_ad_spend', 'ad_spend', 'spend', 'spend_company', 'date'),
    ('unified_marketing_costs', 'marketing_costs', 'amount', 'amount_company', 'starts_on'),
    ('unified_influencers', 'influencers', 'fee', 'fee_company', 'contract_signed_on'),
    ('unified_subscriptions', 'subscriptions', 'amount', 'amount_company', 'started_on'),
] %}

with amounts as (
    {% for model, name, amount, converted, day in money -%}
    select
        '{{ name }}' as table_name,
        currency,
        {{ amount }} as amount,
        {{ converted }} as converted,
        {{ day or 'cast(ordered_at as date)' }} as day
    from {{ ref(model) }}
    where {{ amount }} <> 0 and currency <> {{ company('currency') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

dated as (
    select
        amounts.*,
        {{ days_between('rates.valid_from', 'amounts.day') }} as rate_age
    from amounts
    {{ company_rate('amounts.currency', 'amounts.day') }}
)

select
    table_name,
    currency,
    count(*) filter (where converted is null) as rows_without_rate,
    count(*) filter (where rate_age > 31) as rows_at_an_old_rate,
    {{ money_sum('sum(amount) filter (where converted is null)') }} as amount_without_rate,
    min(day) as first_day,
    max(day) as last_day
from dated
where converted is null or rate_age > 31
group by table_name, currency
