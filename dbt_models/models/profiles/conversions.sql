-- One row per conversion that has come about by today: a purchase, a stage that a lead reached, an event attended, a subscription paid for.
-- What it is worth is what was paid, and what is left of that after refunds; where nothing is paid, what the seed conversion_values says,
-- in the company's currency. An order that was cancelled or never paid is no conversion; one given back whole is one worth nothing.
-- Without a moment of its own there is none: of a lead that is only called qualified nobody knows when.
-- `is_sale` says what a sale is, to whatever counts them: a purchase, or the first payment of a subscription. One that is told as an order
-- too, of the same person on the same day, is one sale: the order. Later payments are sales where a source tells them as orders; what
-- nobody tells is not made up.
{% set stages = {'lead': 'created_at', 'qualified_lead': 'qualified_at', 'converted_lead': 'converted_at'} %}

with purchases as (
    select
        'purchase' as kind,
        'order:' || order_id as conversion_id,
        profile_id,
        ordered_at as occurred_at,
        order_id as reference,
        currency,
        total as gross_value,
        net_total as net_value,
        total_company as gross_company,
        net_company,
        refunded_amount,
        refunded_at,
        channel,
        source
    from {{ ref('person_orders') }}
    where is_revenue
),

lead_people as (
    select identifiers.profile_id, leads.*
    from {{ ref('unified_leads') }} as leads
    inner join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = 'lead_id' and identifiers.identifier = {{ account_id('leads.lead_id', 'leads.source') }}
),

-- What has no price of its own.
unpriced as (
    {% for kind, at in stages.items() -%}
    select '{{ kind }}' as kind, '{{ kind }}:' || source || ':' || lead_id as conversion_id, profile_id, {{ at }} as occurred_at,
        lead_id as reference, source
    from lead_people
    where {{ at }} is not null
    union all
    {% endfor -%}
    select 'attendance', 'attendance:' || source || ':' || registration_id, profile_id, starts_at, registration_id, source
    from {{ attendances() }} as attended
),

subscriptions as (
    select
        'subscription' as kind,
        'subscription:' || source || ':' || subscription_id as conversion_id,
        profile_id,
        coalesce(trial_ends_at, started_at) as occurred_at,
        subscription_id as reference,
        currency,
        amount,
        amount_company,
        source
    from {{ with_person('unified_subscriptions', [
        'subscription_id', 'started_at', 'trial_ends_at', 'ended_at', 'amount', 'amount_company', 'currency', 'source',
    ]) }} as told
    cross join {{ source('control', 'today') }} as today
    -- A trial that was ended within it was never paid for, and may be ended until it is over.
    where (ended_at is null or ended_at > coalesce(trial_ends_at, started_at))
      and (trial_ends_at is null or trial_ends_at <= today.last_midnight)
),

conversions as (
    select * from purchases
    union all
    select
        unpriced.kind, unpriced.conversion_id, unpriced.profile_id, unpriced.occurred_at, unpriced.reference,
        {{ company('currency') }}, worth.value, worth.value, worth.value, worth.value, 0, null, null, unpriced.source
    from unpriced
    left join {{ ref('conversion_values') }} as worth on unpriced.kind = worth.kind
    union all
    select
        kind, conversion_id, profile_id, occurred_at, reference,
        currency, amount, amount, amount_company, amount_company, 0, null, null, source
    from subscriptions
),

ordered as (
    select distinct purchases.profile_id, {{ local_date('purchases.occurred_at') }} as ordered_on
    from purchases
    cross join {{ source('control', 'today') }} as today
    where purchases.occurred_at <= today.ends_at
      and purchases.profile_id in (select profile_id from subscriptions)
)

select
    conversions.kind,
    conversions.conversion_id,
    conversions.profile_id,
    conversions.occurred_at,
    conversions.kind = 'purchase' or (conversions.kind = 'subscription' and ordered.profile_id is null) as is_sale,
    conversions.reference,
    conversions.currency,
    cast(conversions.gross_value as decimal(18, 4)) as gross_value,
    cast(conversions.net_value as decimal(18, 4)) as net_value,
    cast(conversions.gross_company as decimal(18, 4)) as gross_company,
    cast(conversions.net_company as decimal(18, 4)) as net_company,
    case
        when conversions.refunded_amount = 0 then 'none'
        when conversions.net_value > 0 then 'part'
        else 'whole'
    end as refund,
    cast(conversions.refunded_amount as decimal(18, 4)) as refunded_amount,
    cast(conversions.refunded_at as timestamp) as refunded_at,
    cast(conversions.channel as string) as channel,
    conversions.source
from conversions
cross join {{ source('control', 'today') }} as today
left join ordered
    on conversions.profile_id = ordered.profile_id
    and case when conversions.kind = 'subscription' then {{ local_date('conversions.occurred_at') }} end = ordered.ordered_on
where conversions.occurred_at <= today.ends_at
