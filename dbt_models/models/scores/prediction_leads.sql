-- One row per lead of somebody who may be scored, with when they came to be a customer by it: the date that the lead itself tells,
-- or their first order since. A lead that is said to have converted, nobody knows when, teaches nothing.
with told as (
    select
        {{ account_id('lead_id', 'source') }} as lead,
        min(created_at) as created_at,
        min(converted_at) as converted_at,
        max(case when {{ is_sold('status') }} then 1 else 0 end) = 1 as is_converted
    from {{ ref('unified_leads') }}
    where lead_id is not null and created_at is not null
    group by 1
),

owned as (
    select told.*, identifiers.profile_id
    from told
    inner join {{ ref('identifiers') }} as identifiers on identifiers.identifier_type = 'lead_id' and told.lead = identifiers.identifier
    inner join {{ ref('prediction_people') }} as people on identifiers.profile_id = people.profile_id
),

ordered as (
    select owned.lead, min(orders.ordered_at) as ordered_at
    from owned
    inner join {{ ref('person_orders') }} as orders
        on owned.profile_id = orders.profile_id and orders.is_revenue and orders.ordered_at >= owned.created_at
    group by owned.lead
)

select
    owned.lead,
    owned.profile_id,
    owned.created_at,
    -- A date without a time may lie before the hour at which the form came.
    least(case when owned.converted_at is not null then greatest(owned.converted_at, owned.created_at) end, ordered.ordered_at)
        as converted_at,
    owned.is_converted and owned.converted_at is null and ordered.ordered_at is null as is_undated
from owned
left join ordered on owned.lead = ordered.lead
