-- One row per answer to a survey, whatever source it came from.
{{ config(alias='surveys') }}

{{ unify('surveys', {
    'response_id': 'string',
    'customer_id': 'string',
    'email': 'string',
    'score': 'decimal(18, 4)',
    'answered_at': 'timestamp',
}) }}
