-- One row per review, whatever source it came from.
{{ config(alias='reviews') }}

{{ unify('reviews', {
    'review_id': 'string',
    'customer_id': 'string',
    'email': 'string',
    'product_id': 'string',
    'rating': 'decimal(18, 4)',
    'created_at': 'timestamp',
}) }}
