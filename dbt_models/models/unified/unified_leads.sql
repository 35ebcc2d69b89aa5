-- One row per lead, whatever source it came from, with what its landing page tells of the campaign and the click that brought it.
{{ config(alias='leads') }}

with unified as (
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
        'qualified_at': 'timestamp',
        'converted_at': 'timestamp',
    }) }}
),

tagged as (
    select
        *,
        {{ url_tags('landing_url') | indent(8) }}
    from unified
)

select
    lead_id,
    email,
    phone,
    first_name,
    last_name,
    postal_code,
    country,
    created_at,
    acquisition_source,
    supplier,
    campaign,
    form,
    landing_url,
    {% for key in utm_keys() -%}
    {{ url_decoded('url_' ~ key) }} as utm_{{ key }},
    {% endfor -%}
    {{ click_id('tagged') }},
    heard_via,
    cost,
    exclusive,
    consent_proof,
    purchase_intent_at,
    status,
    qualified_at,
    converted_at,
    traits,
    source,
    _batch
from tagged
