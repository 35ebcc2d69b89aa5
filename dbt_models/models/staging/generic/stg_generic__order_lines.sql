-- One row per order line, in its newest version. A line that says only its amount has the price per piece that follows from it.
{{ config(enabled=feeds('generic', 'order_lines')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'order_lines')) }}
)

select
    order_id,
    line_id,
    product_id,
    quantity,
    coalesce(unit_price, case when quantity <> 0 then try_cast({{ rounded('cast(line_total as double) / cast(quantity as double)', 4) }} as decimal(18, 4)) end) as unit_price,
    discount,
    coalesce(line_total, cast({{ product('quantity', 'unit_price') }} - coalesce(discount, 0) as decimal(18, 4))) as line_total,
    customer_id,
    ordered_at,
    upper(trim(currency)) as currency,
    _extra as traits,
    'generic' as source,
    _batch
from raw
