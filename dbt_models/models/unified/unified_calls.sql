-- One row per call, whatever source it came from.
{{ config(alias='calls') }}

{{ unify('calls', {
    'call_id': 'string',
    'phone': 'string',
    'tracking_number': 'string',
    'direction': 'string',
    'outcome': 'string',
    'occurred_at': 'timestamp',
}) }}
