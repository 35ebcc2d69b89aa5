-- One row per marketing cost, whatever source it came from. The amount is also given in the company's currency at the rate of the day
-- it begins, NULL where no rate is known.
{{ config(alias='marketing_costs') }}

with unified as (
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
),

priced as (
    select
        cost_id, starts_on, ends_on, kind, campaign_id, channel, amount, coalesce(currency, {{ company('currency') }}) as currency,
        share, source, _batch
    from unified
)

select
    priced.*,
    {{ in_company_currency('priced.amount') }} as amount_company
from priced
{{ company_rate('priced.currency', 'priced.starts_on') }}
