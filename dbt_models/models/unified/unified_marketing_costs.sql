-- One row per marketing cost, whatever source it came from.
{{ config(alias='marketing_costs') }}

{{ unify('marketing_costs', {
    'cost_id': 'string',
    'starts_on': 'date',
    'ends_on': 'date',
    'kind': 'string',
    'campaign_id': 'string',
    'channel': 'string',
    'amount': 'decimal(18, 4)',
    'currency': 'string',
    'share': 'decimal(18, 4)',
}) }}
