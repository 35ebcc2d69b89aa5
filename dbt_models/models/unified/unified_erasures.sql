-- One row per request for erasure, whatever source it came from.
{{ config(alias='erasures') }}

{{ unify('erasures', {
    'identifier_type': 'string',
    'identifier': 'string',
    'requested_at': 'timestamp',
}) }}
