-- One row per subscription, whatever source it came from. The amount is also given in the company's currency at the rate of the day
-- it started, NULL where no rate is known.
{{ config(alias='subscriptions') }}
{% set columns = {
    'subscription_id': 'string',
    'customer_id': 'string',
    'email': 'string',
    'plan': 'string',
    'started_at': 'timestamp',
    'trial_ends_at': 'timestamp',
    'renews_on': 'date',
    'ended_at': 'timestamp',
    'amount': 'decimal(18, 4)',
    'currency': 'string',
} %}

with unified as (
    {{ unify('subscriptions', columns) }}
),

dated as (
    select
        *,
        {{ local_date('started_at') }} as started_on
    from unified
)

{{ priced('dated', dict(columns, started_on='date'), 'amount', 'told.started_on') }}
