-- One row per reason for which something stands in no figure and no audience: what, why, how many.
{{ config(schema='quality') }}

select 'events' as what, case when is_bot then 'bot' else 'internal_network' end as reason, count(*) as count
from {{ ref('unified_events') }}
where is_bot or is_internal
group by 1, 2
union all
select 'events', excluded_reason, cast(sum(events) as bigint)
from {{ ref('unified_traffic_days') }}
where excluded_reason is not null
group by 1, 2
union all
select 'device days', excluded_reason, count(*)
from {{ ref('unified_traffic_days') }}
where excluded_reason is not null
group by 1, 2
union all
select 'orders', test_reason, count(*)
from {{ ref('unified_orders') }}
where is_test
group by 1, 2
union all
select 'people', reason, count(*)
from {{ ref('internal_people') }}
group by 1, 2
