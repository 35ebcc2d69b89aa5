-- One row per registration, whatever source it came from.
{{ config(alias='event_registrations') }}

{{ unify('event_registrations', {
    'registration_id': 'string',
    'event_name': 'string',
    'event_kind': 'string',
    'starts_at': 'timestamp',
    'email': 'string',
    'phone': 'string',
    'city': 'string',
    'postal_code': 'string',
    'status': 'string',
}) }}
