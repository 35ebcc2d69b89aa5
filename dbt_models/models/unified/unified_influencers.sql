-- One row per influencer, whatever source it came from. The fee is also given in the company's currency at the rate of the day the
-- contract was signed, NULL where no rate, or no such day, is known.
{{ config(alias='influencers') }}
{% set columns = {
    'influencer': 'string',
    'platform': 'string',
    'followers': 'bigint',
    'engagements': 'bigint',
    'posts': 'bigint',
    'fee': 'decimal(18, 4)',
    'currency': 'string',
    'disclosed': 'boolean',
    'contract_signed_on': 'date',
} %}

with unified as (
    {{ unify('influencers', columns) }}
)

{{ priced('unified', columns, 'fee', 'told.contract_signed_on') }}
