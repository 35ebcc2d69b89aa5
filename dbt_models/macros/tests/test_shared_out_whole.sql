{# Fails for each model, kind of conversion and period whose credit does not add up to the conversions there were and to their net value, to
   the last digit. What is worth what follows from it (conversion_worth) is counted, but has no books to equal. #}
{% test shared_out_whole(model) %}
with counted as (
    select kind, is_sale, 'month' as period_kind, cast(date_trunc('month', {{ local_date('occurred_at') }}) as date) as period, net_company
    from {{ ref('conversions') }}
    union all
    select kind, is_sale, 'all', (select min({{ local_date('occurred_at') }}) from {{ ref('conversions') }}), net_company
    from {{ ref('conversions') }}
),

books as (
    select models.model, counted.kind, is_sale, period_kind, period, count(*) as conversions, coalesce(sum(net_company), 0) as revenue
    from counted
    cross join (select distinct model from {{ model }}) as models
    group by 1, 2, 3, 4, 5
),

shared as (
    select
        model, kind, is_sale, period_kind, period, sum(conversions) as conversions, sum(revenue) as revenue,
        count(*) filter (where channel = 'unattributed') as unattributed_rows
    from {{ model }}
    group by 1, 2, 3, 4, 5
)

select *
from books
full join shared
    on books.model = shared.model and books.kind = shared.kind and books.is_sale = shared.is_sale
    and books.period_kind = shared.period_kind and books.period = shared.period
where coalesce(books.conversions, -1) <> coalesce(shared.conversions, -1)
    or coalesce(shared.unattributed_rows, 0) <> 1
    or (books.revenue <> shared.revenue and books.kind not in (select kind from {{ ref('conversion_worth') }}))
{% endtest %}
