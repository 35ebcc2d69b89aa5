-- One row per agreement with an influencer, whatever source it came from: the same of one name, account, fee and day, told twice, is one. The fee is also given in the company's currency at the rate of the day the
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
),

agreements as (
    select *
    from unified
    qualify row_number() over (
        partition by {{ partner_name('influencer') }}, lower(trim(platform)), fee, currency, contract_signed_on
        order by source, influencer
    ) = 1
)

{{ priced('agreements', columns, 'fee', 'told.contract_signed_on') }}
