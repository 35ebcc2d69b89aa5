-- One row per IP address, as events write it, that lies in a company's network. Each address looks back to the last range that starts
-- at or before it, in one sort of both, and lies in that range or in none.
{{ config(alias='visitor_companies') }}

with visitors as (
    select distinct address
    from {{ source('identity', 'ip_addresses') }}
    where address is not null and not is_internal and exists (select 1 from {{ ref('unified_ip_company_ranges') }})
),

points as (
    select first as point, 0 as is_visitor, first as starts from {{ ref('unified_ip_company_ranges') }}
    union all
    select address, 1, null from visitors
),

located as (
    select
        point,
        is_visitor,
        max(starts) over (order by point, is_visitor rows unbounded preceding) as range_first
    from points
)

select
    addresses.ip,
    ranges.company,
    ranges.domain,
    ranges.industry,
    ranges.country
from located
inner join {{ ref('unified_ip_company_ranges') }} as ranges on located.range_first = ranges.first and located.point < ranges.after
inner join {{ source('identity', 'ip_addresses') }} as addresses on located.point = addresses.address
where located.is_visitor = 1
