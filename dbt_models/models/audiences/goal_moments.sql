-- One row per person and goal of audiences that they have reached, with when they last did.
{{ config(materialized='view') }}

with converted as (
    select identifiers.profile_id, coalesce(leads.converted_at, leads.created_at) as converted_at
    from {{ ref('unified_leads') }} as leads
    inner join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = 'lead_id' and identifiers.identifier = {{ account_id('lead_id', 'leads.source') }}
    cross join {{ source('control', 'run') }} as run
    where leads.converted_at <= run.as_of
       or (leads.converted_at is null and {{ is_sold('leads.status') }})
)

select profile_id, 'order' as goal, last_checkout_at as reached_at
from {{ ref('order_totals') }}
union all
-- A customer by an order of theirs, by a subscription they paid for, or by what is told of their lead; for once and for all, while a sale
-- is the last of them.
select profile_id, 'conversion', min(reached_at)
from (
    select profile_id, first_order_at as reached_at from {{ ref('order_totals') }} where order_count > 0
    union all
    select profile_id, first_begun_at from {{ ref('subscribers') }}
    union all
    select profile_id, converted_at from converted
) as conversions
group by profile_id
union all
select profile_id, 'sale', max(reached_at)
from (
    select profile_id, last_checkout_at as reached_at from {{ ref('order_totals') }}
    union all
    select profile_id, last_begun_at from {{ ref('subscribers') }}
    union all
    select profile_id, converted_at from converted
) as sales
group by profile_id
union all
select profile_id, 'review', max(created_at)
from {{ with_person('unified_reviews', ['created_at']) }} as reviews
group by profile_id
union all
select profile_id, 'visit', last_action_at
from {{ ref('last_actions') }}
