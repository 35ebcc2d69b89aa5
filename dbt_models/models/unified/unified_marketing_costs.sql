-- One row per marketing cost, whatever source it came from. The amount is also given in the company's currency at the rate of the day
-- it begins, NULL where no rate is known.
{{ config(alias='marketing_costs') }}
{% set columns = {
    'cost_id': 'string',
    'starts_on': 'date',
    'ends_on': 'date',
    'kind': 'string',
    'campaign_id': 'string',
    'channel': 'string',
    'amount': 'decimal(18, 4)',
    'currency': 'string',
    'share': 'decimal(18, 4)',
} %}

with unified as (
    {{ unify('marketing_costs', columns) }}
)

{{ priced('unified', columns, 'amount', 'told.starts_on') }}
