-- One row per order and source that reports it as an order, before the sources are reconciled.
{{ config(alias='order_headers', materialized='view') }}

{{ unify('orders', {
    'order_id': 'string',
    'customer_id': 'string',
    'email': 'string',
    'phone': 'string',
    'ordered_at': 'timestamp',
    'status': 'string',
    'vendor_status': 'string',
    'currency': 'string',
    'subtotal': 'decimal(18, 4)',
    'discount': 'decimal(18, 4)',
    'shipping': 'decimal(18, 4)',
    'tax': 'decimal(18, 4)',
    'total': 'decimal(18, 4)',
    'refunded_amount': 'decimal(18, 4)',
    'refunded_at': 'timestamp',
    'coupon_codes': 'string',
    'channel': 'string',
    'heard_via': 'string',
    'delivered_at': 'timestamp',
    'country': 'string',
    'postal_code': 'string',
    'updated_at': 'timestamp',
}) }}
