-- One row per day and finest grain that an ad platform reports: a campaign at Google, an ad at Meta.
-- The amount is also given in the company's currency, NULL where no rate is known.
{{ config(alias='ad_spend') }}
{% set columns = {
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
} %}

with unified as (
    {{ unify('ad_spend', columns) }}
),

-- What an account writes in place of a campaign that it does not know is none.
named as (
    select
        {% for name in columns -%}
        {% if name == 'campaign_id' %}case when {{ tag(name) }} is not null then campaign_id end as {% endif %}{{ name }},
        {% endfor -%}
        traits,
        source,
        _batch
    from unified
)

{{ priced('named', columns, 'spend', 'told.date') }}
