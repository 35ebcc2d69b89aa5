-- One row per supplier of leads: how many of their leads were called since they came in, how many answered, and how many missed three
-- calls and answered none: those are unreachable, and count against the supplier.
{% set misses = 3 %}

with called as (
    select
        leads.supplier,
        leads.lead_id,
        leads.source,
        count(*) filter (where {{ call_was_missed('calls.outcome') }}) as missed,
        count(*) filter (where calls.outcome is not null and not {{ call_was_missed('calls.outcome') }}) as answered
    from {{ ref('unified_leads') }} as leads
    inner join {{ ref('unified_calls') }} as calls on leads.phone = calls.phone and calls.occurred_at >= leads.created_at
    cross join {{ source('control', 'run') }} as run
    where leads.supplier is not null and calls.direction = 'outbound' and calls.occurred_at <= run.as_of
    group by 1, 2, 3
),

received as (
    select leads.supplier, count(*) as leads
    from {{ ref('unified_leads') }} as leads
    cross join {{ source('control', 'run') }} as run
    where leads.supplier is not null and leads.created_at <= run.as_of
    group by 1
)

select
    received.supplier,
    received.leads,
    count(called.lead_id) as called,
    count(called.lead_id) filter (where called.answered > 0) as answered,
    count(called.lead_id) filter (where called.answered = 0 and called.missed >= {{ misses }}) as unreachable,
    -- Of those of whom it is known by now.
    cast(
        count(called.lead_id) filter (where called.answered > 0) * 1.0
        / nullif(count(called.lead_id) filter (where called.answered > 0 or called.missed >= {{ misses }}), 0)
        as decimal(9, 4)
    ) as reachability
from received
left join called on received.supplier = called.supplier
group by 1, 2
