-- One row per day and finest grain that an ad platform reports: a campaign at Google, an ad at Meta.
-- The amount is also given in the company's currency, NULL where no rate is known.
{{ config(alias='ad_spend') }}

with unified as (
    {{ unify('ad_spend', {
        'spend_id': 'string',
        'date': 'date',
        'platform': 'string',
        'account_id': 'string',
        'campaign_id': 'string',
        'campaign_name': 'string',
        'ad_id': 'string',
        'utm_campaign': 'string',
        'impressions': 'bigint',
        'clicks': 'bigint',
        'spend': 'decimal(18, 4)',
        'currency': 'string',
        'conversions': 'decimal(18, 4)',
        'conversion_value': 'decimal(18, 4)',
        'updated_at': 'timestamp',
    }) }}
),

priced as (
    select
        spend_id, date, platform, account_id, campaign_id, campaign_name, ad_id, utm_campaign, impressions, clicks, spend,
        coalesce(currency, {{ company('currency') }}) as currency,
        conversions, conversion_value, updated_at, source, _batch
    from unified
)

select
    priced.*,
    {{ in_company_currency('priced.spend') }} as spend_company
from priced
{{ company_rate('priced.currency', 'priced.date') }}
