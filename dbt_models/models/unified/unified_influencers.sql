-- One row per influencer, whatever source it came from.
{{ config(alias='influencers') }}

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
