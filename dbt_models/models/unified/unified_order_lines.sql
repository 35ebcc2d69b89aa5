-- One row per order line, whatever source it came from.
{{ config(alias='order_lines') }}

{{ unify('order_lines', {
    'order_id': 'string',
    'line_id': 'string',
    'product_id': 'string',
    'quantity': 'decimal(18, 4)',
    'unit_price': 'decimal(18, 4)',
    'discount': 'decimal(18, 4)',
    'line_total': 'decimal(18, 4)',
    'customer_id': 'string',
    'ordered_at': 'timestamp',
    'currency': 'string',
}) }}
