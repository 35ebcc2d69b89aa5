-- One row per influencer, whatever source it came from. The fee is also given in the company's currency at the rate of the day the
-- contract was signed, NULL where no rate, or no such day, is known.
{{ config(alias='influencers') }}

with unified as (
    {{ unify('influencers', {
        'influencer': 'string',
        'platform': 'string',
        'followers': 'bigint',
        'engagements': 'bigint',
        'posts': 'bigint',
        'fee': 'decimal(18, 4)',
        'currency': 'string',
        'disclosed': 'boolean',
        'contract_signed_on': 'date',
    }) }}
),

priced as (
    select
        influencer, platform, followers, engagements, posts, fee, coalesce(currency, {{ company('currency') }}) as currency,
        disclosed, contract_signed_on, source, _batch
    from unified
)

select
    priced.*,
    case when priced.currency = {{ company('currency') }} then priced.fee else {{ in_company_currency('priced.fee') }} end as fee_company
from priced
{{ company_rate('priced.currency', 'priced.contract_signed_on') }}
