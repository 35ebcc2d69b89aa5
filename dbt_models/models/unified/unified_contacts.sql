-- One row per contact, whatever source it came from.
{{ config(alias='contacts') }}

{{ unify('contacts', {
    'contact_id': 'string',
    'person_kind': 'string',
    'email': 'string',
    'phone': 'string',
    'first_name': 'string',
    'last_name': 'string',
    'birth_date': 'date',
    'gender': 'string',
    'street': 'string',
    'city': 'string',
    'postal_code': 'string',
    'region': 'string',
    'country': 'string',
    'company': 'string',
    'job_title': 'string',
    'income_band': 'string',
    'loyalty_points': 'decimal(18, 4)',
    'owner': 'string',
    'acquisition_source': 'string',
    'created_at': 'timestamp',
    'updated_at': 'timestamp',
}) }}
