-- One row per lead, whatever source it came from.
{{ config(alias='leads') }}

{{ unify('leads', {
    'lead_id': 'string',
    'email': 'string',
    'phone': 'string',
    'first_name': 'string',
    'last_name': 'string',
    'postal_code': 'string',
    'country': 'string',
    'created_at': 'timestamp',
    'acquisition_source': 'string',
    'supplier': 'string',
    'campaign': 'string',
    'form': 'string',
    'landing_url': 'string',
    'heard_via': 'string',
    'cost': 'decimal(18, 4)',
    'exclusive': 'boolean',
    'consent_proof': 'string',
    'purchase_intent_at': 'timestamp',
    'status': 'string',
    'converted_at': 'timestamp',
    'traits': 'string',
}) }}
