-- One row per range of addresses and the company it belongs to. Ranges do not overlap: of networks that lie in one another the most
-- specific counts. `first` is a range's first address and `after` what follows its last, as text that sorts as the number.
-- Networks lie in one another or apart, never across. So a walk over all starts and ends, in order, knows at every point how many
-- networks are open, and the innermost of them is the one that was opened last at that depth: one sort, no comparison of all with all.
{{ config(alias='ip_company_ranges') }}

with listed as (
    select
        networks.first,
        networks.after,
        networks.prefix,
        companies.company,
        companies.domain,
        companies.industry,
        companies.country
    from {{ ref('unified_ip_companies') }} as companies
    inner join {{ source('identity', 'networks') }} as networks on companies.network = networks.network
    where networks.first is not null
    -- One network listed twice: the newest listing counts, then the first company by name.
    qualify row_number() over (
        partition by networks.first, networks.after
        order by
            companies.listed_on desc nulls last,
            companies.company,
            companies.domain nulls last,
            companies.industry nulls last,
            companies.country nulls last,
            companies.network
    ) = 1
),

-- At one point what ends comes before what starts, and the wider network starts before the narrower.
points as (
    select first as point, 1 as opens, prefix as width, first, prefix from listed
    union all
    select after, -1, 0, first, prefix from listed
),

walked as (
    select
        point,
        opens,
        first,
        prefix,
        row_number() over (order by point, opens, width) as step
    from points
),

counted as (
    select
        *,
        sum(opens) over (order by step rows unbounded preceding) as depth
    from walked
),

stretches as (
    select
        point,
        step,
        depth,
        lead(point) over (order by step) as until,
        max(case when opens = 1 then step end) over (partition by depth order by step rows unbounded preceding) as opened_at
    from counted
)

select
    stretches.point as first,
    stretches.until as after,
    listed.prefix,
    listed.company,
    listed.domain,
    listed.industry,
    listed.country
from stretches
inner join counted on stretches.opened_at = counted.step
inner join listed on counted.first = listed.first and counted.prefix = listed.prefix
where stretches.depth > 0 and stretches.point < stretches.until
