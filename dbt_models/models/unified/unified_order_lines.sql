-- One row per order line. Where several sources tell of an order's lines, the first in `order_precedence` speaks for all of them;
-- its lines go before the products of its events. The amount is also given in the company's currency, NULL where no rate is known.
{{ config(alias='order_lines') }}

with reports as (
    select * from {{ ref('unified_line_reports') }}
),

orders as (
    select * from {{ ref('unified_orders') }}
),

tellers as (
    select distinct order_id, known_from, told_as, source from reports
),

-- Most orders have one teller, so only the others are judged.
believed as (
    select *
    from tellers
    where order_id in (select order_id from tellers group by order_id having count(*) > 1)
    qualify row_number() over (
        partition by order_id order by {{ source_rank('source') }}, known_from desc, source, told_as
    ) = 1
),

lines as (
    select
        reports.order_id,
        reports.line_id,
        reports.product_id,
        reports.quantity,
        reports.unit_price,
        reports.discount,
        reports.line_total,
        coalesce(reports.customer_id, orders.customer_id) as customer_id,
        coalesce(reports.ordered_at, orders.ordered_at) as ordered_at,
        coalesce(reports.currency, orders.currency, {{ company('currency') }}) as currency,
        coalesce(orders.order_date, cast(reports.ordered_at as date)) as order_date,
        reports.traits,
        reports.known_from,
        reports.source,
        reports._batch
    from reports
    left join believed on reports.order_id = believed.order_id
    left join orders on reports.order_id = orders.order_id
    where believed.order_id is null
       or (
           reports.known_from = believed.known_from and reports.told_as = believed.told_as and reports.source = believed.source
       )
)

select
    lines.order_id,
    lines.line_id,
    lines.product_id,
    lines.quantity,
    lines.unit_price,
    lines.discount,
    lines.line_total,
    {{ in_company_currency('lines.line_total') }} as line_total_company,
    lines.customer_id,
    lines.ordered_at,
    lines.currency,
    lines.traits,
    lines.known_from,
    lines.source,
    lines._batch
from lines
{{ company_rate('lines.currency', 'lines.order_date') }}
