-- One row per lead received by now, from whom it came, what is wrong with it, and what became of it. The person's own words are left
-- where they stand: what is told here is enough to settle accounts with a supplier.
--
-- A lead of somebody who asked before within `duplicate_days` is a duplicate, whoever brought the first; an exclusive lead that another
-- supplier brought too, before or after, was not exclusive. A sale is the newest lead's that came before it within the look-back, and
-- never a duplicate's, so that it counts once. What a month's sales people cost (costs of kind salary and channel sales) is shared
-- out evenly among the leads of that month, good or bad: they all were worked on.
{% set misses = 3 %}
{% set found_in_people = ['disposable', 'spam', 'age', 'area', 'occupation'] %}
{% set sales = "('purchase', 'subscription', 'converted_lead')" %}
{% set is_qualified %}
(judged.qualified_at is not null or judged.converted_at is not null or coalesce(judged.status = 'qualified' or {{ is_sold('judged.status') }}, false))
{%- endset %}
{% set is_converted %}
(not judged.is_duplicate and (earned.lead_id is not null or judged.converted_at is not null or coalesce({{ is_sold('judged.status') }}, false)))
{%- endset %}
{# Who bought, or was found good, was somebody to work on, whatever is wrong with an address. #}
{% set is_faulty %}
(faulty.lead_id is not null and (faulty.reason = 'duplicate' or not {{ is_qualified }} and not {{ is_converted }}))
{%- endset %}

with leads as (
    select
        leads.source,
        leads.lead_id,
        identifiers.profile_id,
        case when lower(trim(leads.supplier)) not in ('', 'in_house')
            then min(trim(leads.supplier)) over (partition by lower(trim(leads.supplier))) end as supplier,
        leads.created_at,
        {{ local_date('leads.created_at') }} as received_on,
        cast(date_trunc('month', {{ local_date('leads.created_at') }}) as date) as month,
        leads.cost,
        coalesce(leads.exclusive, false) as is_exclusive,
        case when bounced.email is null then leads.email end as email,
        leads.phone,
        lower(trim(leads.status)) as status,
        case when leads.qualified_at <= run.as_of then leads.qualified_at end as qualified_at,
        case when leads.converted_at <= run.as_of then leads.converted_at end as converted_at,
        leads.created_at <= {{ days_before('run.as_of', 'measurement.lookback_days') }} as is_mature
    from {{ ref('unified_leads') }} as leads
    cross join {{ source('control', 'run') }} as run
    cross join {{ source('control', 'measurement') }} as measurement
    left join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = 'lead_id' and identifiers.identifier = {{ account_id('leads.lead_id', 'leads.source') }}
    left join {{ ref('unified_bounced_addresses') }} as bounced on leads.email = bounced.email
        -- What an address takes months later says nothing of the lead that was delivered.
        and bounced.bounced_at <= least(run.as_of, {{ days_after('leads.created_at', 7) }})
    where leads.created_at <= run.as_of and {{ is_outsider('identifiers.profile_id') }}
),

placed as (
    select
        *,
        lag(created_at) over (partition by profile_id order by created_at, source, lead_id) as asked_before_at,
        lag(supplier) over (partition by profile_id order by created_at, source, lead_id) as supplier_before,
        row_number() over (partition by month order by created_at, source, lead_id) as place,
        count(*) over (partition by month) as places
    from leads
),

judged as (
    select
        *,
        coalesce(profile_id is not null and asked_before_at >= {{ days_before('created_at', score_setting('duplicate_days')) }}, false)
            as is_duplicate
    from placed
),

resold as (
    select distinct leads.source, leads.lead_id
    from leads
    inner join leads as others on leads.profile_id = others.profile_id and leads.supplier <> others.supplier
    where leads.is_exclusive
      and others.created_at >= {{ days_before('leads.created_at', score_setting('duplicate_days')) }}
      and leads.created_at >= {{ days_before('others.created_at', score_setting('duplicate_days')) }}
),

called as (
    select
        leads.source,
        leads.lead_id,
        min(calls.occurred_at) as first_called_at,
        count(*) filter (where {{ call_was_missed('calls.outcome') }}) as missed,
        count(*) filter (where calls.outcome is not null and not {{ call_was_missed('calls.outcome') }}) as answered,
        count(*) filter (where {{ call_was_misdirected('calls.outcome') }}) as misdirected
    from leads
    inner join {{ ref('unified_calls') }} as calls on leads.phone = calls.phone and calls.occurred_at >= leads.created_at
    cross join {{ source('control', 'run') }} as run
    where calls.direction = 'outbound' and calls.occurred_at <= run.as_of
    group by 1, 2
),

checks as (
    select check_name, strictness from {{ source('control', 'prequalification') }} where strictness <> 'off'
),

faults as (
    select judged.source, judged.lead_id, 1 as position, 'unreachable' as reason
    from judged
    inner join checks on checks.check_name = 'unreachable' and checks.strictness = 'refuse'
    where judged.email is null and judged.phone is null
    union all
    select called.source, called.lead_id, 2, 'wrong_number'
    from called
    where called.misdirected > 0 and called.answered = 0
    union all
    {% for field in ['email', 'phone'] -%}
    select judged.source, judged.lead_id, {{ 2 + loop.index }}, 'no_{{ field }}'
    from judged
    inner join checks on checks.check_name = '{{ field }}' and checks.strictness = 'refuse'
    where judged.{{ field }} is null
    union all
    {% endfor -%}
    {% for check in found_in_people -%}
    select judged.source, judged.lead_id, {{ 4 + loop.index }}, '{{ check }}'
    from judged
    inner join {{ ref('lead_checks') }} as found on judged.profile_id = found.profile_id
    where found.strictness = 'refuse' and found.check_name = '{{ check }}'
    union all
    {% endfor -%}
    select source, lead_id, 10, 'duplicate' from judged where is_duplicate
),

faulty as (
    select source, lead_id, min_by(reason, position) as reason, {{ joined_texts('reason') }} as reasons
    from (select distinct source, lead_id, position, reason from faults) as told
    group by 1, 2
),

sold as (
    select
        judged.source,
        judged.lead_id,
        conversions.kind,
        conversions.occurred_at,
        coalesce(conversions.net_company, 0) as net_company
    from {{ ref('conversions') }} as conversions
    inner join judged
        on conversions.profile_id = judged.profile_id
        and not judged.is_duplicate
        and conversions.occurred_at >= judged.created_at
    cross join {{ source('control', 'measurement') }} as measurement
    where conversions.kind in {{ sales }}
      and judged.created_at >= {{ days_before('conversions.occurred_at', 'measurement.lookback_days') }}
    qualify row_number() over (
        partition by conversions.conversion_id order by judged.created_at desc, judged.source, judged.lead_id
    ) = 1
),

-- One sale may be told twice, as an order and by the lead's state: what was paid goes before what such a state is worth.
earned as (
    select
        source,
        lead_id,
        min(occurred_at) as sold_at,
        count(*) filter (where kind <> 'converted_lead') as orders,
        {{ money_sum("coalesce(sum(net_company) filter (where kind <> 'converted_lead'), sum(net_company), 0)") }} as revenue
    from sold
    group by 1, 2
),

sales_costs as (
    select cast(date_trunc('month', day) as date) as month, sum(amount) as amount
    from {{ ref('costs') }}
    where kind = 'salary' and channel = 'sales'
    group by 1
)

select
    judged.source,
    judged.lead_id,
    judged.profile_id,
    coalesce(judged.supplier, 'in_house') as supplier,
    judged.supplier is null as is_in_house,
    judged.created_at,
    judged.received_on,
    judged.month,
    judged.cost,
    coalesce({{ part_of_total('sales_costs.amount', 'judged.place', 'judged.places') }}, 0) as sales_cost,
    judged.is_mature,
    not {{ is_faulty }} as is_valid,
    case when {{ is_faulty }} then faulty.reason end as invalid_reason,
    case when {{ is_faulty }} then faulty.reasons end as invalid_reasons,
    judged.is_duplicate,
    case when judged.is_duplicate then {{ days_between(local_date('judged.asked_before_at'), 'judged.received_on') }} end as days_after_first,
    case
        when not judged.is_duplicate then null
        when judged.supplier_before is null then 'the company itself'
        when judged.supplier_before = judged.supplier then 'the same supplier'
        else 'another supplier'
    end as first_brought_by,
    judged.is_exclusive,
    resold.lead_id is not null as is_resold,
    {{ is_qualified }} as is_qualified,
    {{ is_converted }} as is_converted,
    coalesce(earned.orders, 0) as orders,
    coalesce(earned.revenue, 0) as revenue,
    called.first_called_at,
    coalesce(called.answered, 0) > 0 as is_reached,
    coalesce(called.answered = 0 and called.missed >= {{ misses }}, false) as is_unreachable
from judged
left join faulty on judged.source = faulty.source and judged.lead_id = faulty.lead_id
left join resold on judged.source = resold.source and judged.lead_id = resold.lead_id
left join called on judged.source = called.source and judged.lead_id = called.lead_id
left join earned on judged.source = earned.source and judged.lead_id = earned.lead_id
left join sales_costs on judged.month = sales_costs.month
