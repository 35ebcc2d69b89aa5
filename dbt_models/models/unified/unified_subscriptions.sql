-- One row per subscription, whatever source it came from. The amount is also given in the company's currency at the rate of the day
-- it started, NULL where no rate is known.
{{ config(alias='subscriptions') }}

with unified as (
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
        'traits': 'string',
    }) }}
),

priced as (
    select
        subscription_id, customer_id, email, plan, started_at, {{ local_date('started_at') }} as started_on, trial_ends_at, renews_on,
        ended_at, amount, coalesce(currency, {{ company('currency') }}) as currency, traits, source, _batch
    from unified
)

select
    priced.*,
    {{ in_company_currency('priced.amount') }} as amount_company
from priced
{{ company_rate('priced.currency', 'priced.started_on') }}
