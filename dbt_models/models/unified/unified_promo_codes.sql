-- One row per promo code, whatever source it came from.
{{ config(alias='promo_codes') }}

{{ unify('promo_codes', {
    'code': 'string',
    'campaign_id': 'string',
    'channel': 'string',
    'influencer': 'string',
    'valid_from': 'timestamp',
    'valid_to': 'timestamp',
}) }}
