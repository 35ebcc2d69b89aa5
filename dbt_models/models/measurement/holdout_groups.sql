-- Two rows per audience with a holdout (and for `all` of them together, where people are kept out of all): who was to be spoken to and
-- who was to be spared, and what either bought since. By intention to treat: everybody counts from their first entry on, in the group
-- they then fell in, whether they were reached or left; what they bought before does not. Who fell in both groups, under two names, was both
-- spoken to and spared, and counts in neither. Where the share changed,
-- those who entered at the newest one: taken together, the groups would differ in when they entered, and so in all that changed since.
{% set recent_days = 28 %}

with named as (
    select
        assigned.*,
        coalesce(aliases.profile_id, assigned.profile_id) as person,
        aliases.alias is not null as is_renamed,
        case when aliases.alias is null then assigned.is_held_out else {{ is_held_out('assigned.audience', 'aliases.profile_id') }} end
            as is_held_out_now,
        case when aliases.alias is null then assigned.is_held_out_of_all else {{ is_held_out_of_all('aliases.profile_id') }} end
            as is_held_out_of_all_now
    from {{ ref('holdout_assignments') }} as assigned
    left join {{ ref('aliases') }} as aliases on assigned.profile_id = aliases.alias
    inner join {{ source('control', 'audiences') }} as audiences on assigned.audience = audiences.audience
    cross join {{ source('control', 'company') }} as company
    where {{ is_outsider('coalesce(aliases.profile_id, assigned.profile_id)') }}
),

drawn as (
    select audience, person, profile_id, is_renamed, assigned_at, position, is_held_out, share, is_held_out_now
    from named
    union all
    select
        'all', person, profile_id, is_renamed, min(assigned_at), min(position),
        min_by(is_held_out_of_all, position), min_by(share_of_all, position), min_by(is_held_out_of_all_now, position)
    from named
    where share_of_all > 0
    group by person, profile_id, is_renamed
),

-- Only who goes by another name than they were drawn under can have been drawn more than once, or fall in another group today.
renamed as (
    select drawn.audience, drawn.person, max(case when drawn.is_held_out = drawn.is_held_out_now then 0 else 1 end) = 1
        or count(distinct drawn.is_held_out) > 1 as is_of_both
    from drawn
    inner join (select distinct audience, person from drawn where is_renamed) as people
        on drawn.audience = people.audience and drawn.person = people.person
    group by drawn.audience, drawn.person
),

subjects as (
    select drawn.audience, drawn.person, drawn.assigned_at, drawn.position, drawn.is_held_out, drawn.share
    from drawn
    left join renamed on drawn.audience = renamed.audience and drawn.person = renamed.person
    where renamed.person is null
    union all
    select drawn.audience, drawn.person, drawn.assigned_at, drawn.position, drawn.is_held_out, drawn.share
    from drawn
    inner join renamed on drawn.audience = renamed.audience and drawn.person = renamed.person
    where not renamed.is_of_both
    qualify row_number() over (partition by drawn.audience, drawn.person order by drawn.assigned_at, drawn.position, drawn.profile_id) = 1
),

shares as (
    select audience, share, min(assigned_at) as started_at, max(position) as newest
    from subjects
    group by 1, 2
),

trials as (
    select audience, share, started_at
    from shares
    qualify row_number() over (partition by audience order by newest desc, share) = 1
),

bought as (
    select
        subjects.audience,
        subjects.person,
        subjects.share,
        subjects.is_held_out,
        count(*) as conversions,
        -- What was paid goes before what the state of a lead is worth: one sale may be told as both.
        {{ money_sum("coalesce(sum(conversions.net_company) filter (where conversions.kind <> 'converted_lead'), sum(conversions.net_company), 0)") }} as revenue
    from subjects
    inner join {{ ref('conversions') }} as conversions
        on subjects.person = conversions.profile_id and conversions.occurred_at > subjects.assigned_at
    where conversions.kind in ('purchase', 'subscription', 'converted_lead')
    group by 1, 2, 3, 4
),

results as (
    select
        audience,
        share,
        is_held_out,
        count(*) as converted,
        sum(conversions) as conversions,
        {{ money_sum('sum(revenue)') }} as revenue,
        cast(sum(revenue * revenue) as decimal(38, 8)) as revenue_squares,
        max(revenue) as largest_revenue
    from bought
    group by 1, 2, 3
),

sizes as (
    select
        subjects.audience,
        subjects.share,
        subjects.is_held_out,
        count(*) as people,
        count(*) filter (
            where subjects.assigned_at > trials.started_at and subjects.assigned_at > {{ days_before(as_of(), recent_days) }}
        ) as entered_recently
    from subjects
    inner join trials on subjects.audience = trials.audience and subjects.share = trials.share
    group by 1, 2, 3
),

-- Both groups, be one of them empty.
both_groups as (
    select trials.audience, trials.share, trials.started_at, arms.is_held_out
    from trials
    cross join (select false as is_held_out union all select true as is_held_out) as arms
)

select
    both_groups.audience,
    both_groups.share,
    both_groups.is_held_out,
    both_groups.started_at,
    {{ local_date('both_groups.started_at') }} as started_on,
    cast(least({{ seconds_between('both_groups.started_at', 'run.as_of') }} / 86400.0, {{ recent_days }}) as double) as recent_days,
    coalesce(sizes.people, 0) as people,
    coalesce(sizes.entered_recently, 0) as entered_recently,
    coalesce(results.converted, 0) as converted,
    cast(coalesce(results.conversions, 0) as bigint) as conversions,
    coalesce(results.revenue, 0) as revenue,
    coalesce(results.revenue_squares, 0) as revenue_squares,
    coalesce(results.largest_revenue, 0) as largest_revenue,
    {{ company('currency') }} as currency
from both_groups
left join sizes on both_groups.audience = sizes.audience and both_groups.share = sizes.share and both_groups.is_held_out = sizes.is_held_out
left join results on both_groups.audience = results.audience and both_groups.share = results.share and both_groups.is_held_out = results.is_held_out
cross join {{ source('control', 'run') }} as run
