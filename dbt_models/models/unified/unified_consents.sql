-- One row per answer about one purpose, whatever source it came from.
{{ config(alias='consents') }}

{{ unify('consents', {
    'identifier_type': 'string',
    'identifier': 'string',
    'purpose': 'string',
    'status': 'string',
    'occurred_at': 'timestamp',
    'collected_by': 'string',
    'proof': 'string',
}) }}
