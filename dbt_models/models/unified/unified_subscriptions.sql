-- One row per subscription, whatever source it came from.
{{ config(alias='subscriptions') }}

{{ unify('subscriptions', {
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
}) }}
