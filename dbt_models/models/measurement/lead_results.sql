-- One row per lead received by today, from whom it came, what is wrong with it, and what became of it. The person's own words are left
-- where they stand: what is told here is enough to settle accounts with a supplier.
--
-- A sale is credited once, to the newest lead before it that is no duplicate: one within the look-back, and, whenever it came about, the one
-- that a lead's own state tells of (to the day, as such states are kept). A state that tells of a sale nobody else knows counts as one
-- that is worth what the seed conversion_values says; without a day, only where no other sale of the person is known.
-- What a month's sales people cost (costs of kind salary and channel sales) is shared out evenly among the leads of that month, good or bad:
-- they all were worked on. So is what a supplier asked for a month whose leads tell no cost.
{% set misses = 3 %}

with leads as (
    select
        arrivals.lead_key,
        arrivals.source,
        arrivals.lead_id,
        arrivals.profile_id,
        coalesce(arrivals.profile_id, arrivals.lead_key) as person,
        arrivals.supplier,
        arrivals.created_at,
        {{ local_date('arrivals.created_at') }} as received_on,
        cast(date_trunc('month', {{ local_date('arrivals.created_at') }}) as date) as month,
        arrivals.is_duplicate,
        arrivals.days_after_first,
        arrivals.first_brought_by,
        arrivals.has_same_address,
        leads.cost,
        coalesce(leads.exclusive, false) as is_exclusive,
        leads.email,
        leads.phone,
        coalesce({{ is_sold('lower(trim(leads.status))') }}, false) as is_told_sold,
        leads.converted_at,
        coalesce(lower(trim(leads.status)) = 'qualified' or leads.qualified_at <= today.ends_at, false)
            or coalesce(leads.converted_at <= today.ends_at and {{ local_date('leads.converted_at') }} >= {{ local_date('leads.created_at') }}, false)
            as is_told_qualified,
        leads.created_at <= {{ days_before('today.last_midnight', 'measurement.lookback_days') }} as is_mature
    from {{ ref('lead_arrivals') }} as arrivals
    inner join {{ ref('unified_leads') }} as leads on arrivals.source = leads.source and arrivals.lead_id = leads.lead_id
    cross join {{ source('control', 'today') }} as today
    cross join {{ source('control', 'measurement') }} as measurement
    where {{ is_outsider('arrivals.profile_id') }}
),

placed as (
    select
        leads.*,
        row_number() over (partition by month order by created_at, lead_key) as place,
        count(*) over (partition by month) as places,
        row_number() over (partition by supplier, month order by created_at, lead_key) as supplier_place,
        count(*) over (partition by supplier, month) as supplier_places,
        max(cost) over (partition by supplier, month) > 0 as is_month_priced
    from leads
),

-- Sold as exclusive, while another supplier brought the same person by the same address or number, before or after.
resold as (
    select distinct leads.lead_key
    from leads
    inner join leads as others
        on leads.profile_id = others.profile_id and leads.supplier <> others.supplier
        and (leads.email = others.email or leads.phone = others.phone)
    where leads.is_exclusive
      and others.created_at >= {{ days_before('leads.created_at', score_setting('duplicate_days')) }}
      and leads.created_at >= {{ days_before('others.created_at', score_setting('duplicate_days')) }}
),

called as (
    select
        leads.lead_key,
        min(calls.occurred_at) as first_called_at,
        count(*) filter (where {{ call_was_missed('calls.outcome') }}) as missed,
        count(*) filter (where calls.outcome is not null and not {{ call_was_missed('calls.outcome') }}) as answered,
        count(*) filter (where {{ call_was_misdirected('calls.outcome') }}) as misdirected
    from leads
    inner join {{ ref('unified_calls') }} as calls on leads.phone = calls.phone and calls.occurred_at >= leads.created_at
    where calls.direction = 'outbound' and calls.occurred_at <= {{ today('ends_at') }}
    group by 1
),

-- Who is told to have become a customer by a lead, and on which day: of the newest lead by then that is no duplicate.
told as (
    select leads.lead_key, leads.person, leads.profile_id, leads.received_on, told.told_on, told.worth
    from (
        select profile_id, {{ local_date('occurred_at') }} as told_on, max(net_company) as worth
        from {{ ref('conversions') }}
        where kind = 'converted_lead'
        group by 1, 2
    ) as told
    inner join leads on told.profile_id = leads.profile_id and not leads.is_duplicate and told.told_on >= leads.received_on
    qualify row_number() over (partition by told.profile_id, told.told_on order by leads.created_at desc, leads.lead_key) = 1
),

-- The sale that is told of: the newest since the lead came, by the end of that day.
meant as (
    select sales.conversion_id, told.lead_key, told.person, sales.net_company
    from told
    inner join {{ ref('sales') }} as sales
        on told.profile_id = sales.profile_id and sales.sold_on between told.received_on and told.told_on
    qualify row_number() over (partition by told.profile_id, told.told_on order by sales.occurred_at desc, sales.conversion_id) = 1
),

dated as (
    select conversion_id, lead_key, person, net_company
    from (
        select conversion_id, lead_key, person, net_company, 0 as place, cast(null as timestamp) as created_at from meant
        union all
        select sales.conversion_id, leads.lead_key, leads.person, sales.net_company, 1, leads.created_at
        from {{ ref('sales') }} as sales
        inner join leads
            on sales.profile_id = leads.profile_id and not leads.is_duplicate and sales.occurred_at >= leads.created_at
        cross join {{ source('control', 'measurement') }} as measurement
        where leads.created_at >= {{ days_before('sales.occurred_at', 'measurement.lookback_days') }}
    ) as credited
    qualify row_number() over (partition by conversion_id order by place, created_at desc, lead_key) = 1
),

undated as (
    select leads.lead_key
    from leads
    inner join (
        select person, max(created_at) as told_of_at from leads where is_told_sold and converted_at is null group by 1
    ) as told on leads.person = told.person and leads.created_at <= told.told_of_at
    where not leads.is_duplicate
      and leads.person not in (select person from dated union all select person from told)
    qualify row_number() over (partition by leads.person order by leads.created_at desc, leads.lead_key) = 1
),

-- What was paid goes before what such a state is worth, which counts once, however often it is told.
earned as (
    select lead_key, cast(sum(orders) as bigint) as orders, {{ money_sum('coalesce(sum(paid), max(worth), 0)') }} as revenue
    from (
        select lead_key, 1 as orders, net_company as paid, cast(null as decimal(18, 4)) as worth from dated
        union all
        select lead_key, 0, null, worth from told
        union all
        select lead_key, 0, null, null from undated
    ) as sold
    group by 1
),

judged as (
    select
        placed.*,
        earned.lead_key is not null as is_converted,
        earned.lead_key is not null or placed.is_told_qualified or placed.is_told_sold as is_qualified,
        coalesce(earned.orders, 0) as orders,
        coalesce(earned.revenue, 0) as revenue
    from placed
    left join earned on placed.lead_key = earned.lead_key
),

-- Who bought, or was found good, was somebody to work on, whatever is wrong with an address.
faults as (
    select judged.lead_key, found.position, case when found.check_name in ('email', 'phone') then 'no_' else '' end || found.check_name as reason
    from judged
    inner join {{ ref('lead_faults') }} as found on judged.lead_key = found.lead_key
    where found.strictness = 'refuse' and not judged.is_qualified
    union all
    select judged.lead_key, 0, 'wrong_number'
    from judged
    inner join called on judged.lead_key = called.lead_key
    where called.misdirected > 0 and called.answered = 0 and not judged.is_qualified
    union all
    select judged.lead_key, checks.position, 'duplicate'
    from judged
    inner join {{ source('control', 'prequalification') }} as checks on checks.check_name = 'duplicate' and checks.strictness = 'refuse'
    where judged.has_same_address
),

faulty as (
    select lead_key, min_by(reason, position) as reason, {{ joined_texts('reason') }} as reasons
    from faults
    group by 1
),

sales_costs as (
    select cast(date_trunc('month', day) as date) as month, sum(amount) as amount
    from {{ ref('costs') }}
    where kind = 'salary' and channel = 'sales'
    group by 1
),

-- What suppliers were paid otherwise than by the lead, with the month it is for; without leads in that month, the next one before, or after.
invoiced as (
    select supplier, month, sum(amount) as amount
    from (
        select costs.supplier, months.month, costs.amount
        from (
            select supplier, cast(date_trunc('month', day) as date) as month, sum(amount) as amount
            from {{ ref('costs') }}
            where supplier is not null and origin <> 'leads' and day is not null
            group by 1, 2
        ) as costs
        inner join (select distinct supplier, month from leads) as months on costs.supplier = months.supplier
        qualify row_number() over (
            partition by costs.supplier, costs.month
            order by case when months.month <= costs.month then 0 else 1 end, abs({{ months_between('costs.month', 'months.month') }})
        ) = 1
    ) as moved
    group by 1, 2
)

select
    judged.lead_key,
    judged.source,
    judged.lead_id,
    judged.profile_id,
    coalesce(judged.supplier, 'in_house') as supplier,
    judged.supplier is null as is_in_house,
    judged.created_at,
    judged.received_on,
    judged.month,
    case
        when judged.is_month_priced or invoiced.amount is null then judged.cost
        else {{ part_of_total('invoiced.amount', 'judged.supplier_place', 'judged.supplier_places') }}
    end as cost,
    coalesce({{ part_of_total('sales_costs.amount', 'judged.place', 'judged.places') }}, 0) as sales_cost,
    judged.is_mature,
    faulty.lead_key is null as is_valid,
    faulty.reason as invalid_reason,
    faulty.reasons as invalid_reasons,
    judged.is_duplicate,
    judged.days_after_first,
    judged.first_brought_by,
    judged.is_exclusive,
    resold.lead_key is not null as is_resold,
    judged.supplier is not null and (faulty.lead_key is not null or (resold.lead_key is not null and not judged.is_qualified)) as is_claimed,
    judged.is_qualified,
    judged.is_converted,
    judged.orders,
    judged.revenue,
    called.first_called_at,
    case when called.answered + called.missed > 0 then called.answered > 0 end as is_reached,
    coalesce(called.answered = 0 and called.missed >= {{ misses }}, false) as is_unreachable
from judged
left join faulty on judged.lead_key = faulty.lead_key
left join resold on judged.lead_key = resold.lead_key
left join called on judged.lead_key = called.lead_key
left join sales_costs on judged.month = sales_costs.month
left join invoiced on judged.supplier = invoiced.supplier and judged.month = invoiced.month
