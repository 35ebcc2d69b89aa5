-- Two rows per audience with a holdout (and `all` of them together, where people are kept out of all): who was to be spoken to and who was to
-- be spared in the newest trial, and what either did within so many days of their assignment (`holdout.outcome_days`). By
-- intention to treat: everybody counts in the group they were assigned to, whether they were reached or left. Nobody counts before
-- their days are over, and nobody whose days the end of the trial cut short.
-- Who fell in both groups, under two names, was both spoken to and spared, and counts in neither. Who was erased counts in neither: what
-- they did is known no more, and as people who did nothing they would speak against the group that more of them come from.
{% set recent_days = 28 %}

with trials as (
    select
        told.*,
        audiences.goal,
        company.holdout_outcome_days as outcome_days,
        company.holdout_target as target,
        run.as_of,
        lead(told.started_at) over (partition by told.audience order by told.trial) as ended_at
    from {{ ref('holdout_trials') }} as told
    left join {{ source('control', 'audiences') }} as audiences on told.audience = audiences.audience
    cross join {{ source('control', 'company') }} as company
    cross join {{ source('control', 'run') }} as run
    where told.audience = 'all' or audiences.audience is not null
),

newest as (
    select * from trials
    where share > 0
    qualify row_number() over (partition by audience order by trial desc) = 1
),

drawn as (
    select
        assigned.*,
        coalesce(aliases.profile_id, assigned.profile_id) as person,
        aliases.alias is not null as is_renamed,
        case
            when aliases.alias is null then assigned.is_held_out
            when assigned.audience = 'all' then {{ is_held_out_of_all('aliases.profile_id', 'trials') }}
            else {{ is_held_out('assigned.audience', 'aliases.profile_id', 'trials') }}
        end as is_held_out_now
    from {{ ref('holdout_assignments') }} as assigned
    inner join trials on assigned.audience = trials.audience and assigned.trial = trials.trial
    left join {{ ref('aliases') }} as aliases on assigned.profile_id = aliases.alias
    where {{ is_outsider('coalesce(aliases.profile_id, assigned.profile_id)') }}
      and assigned.profile_id not like 'erased-%'
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

people as (
    select drawn.audience, drawn.person, drawn.trial, drawn.assigned_at, drawn.is_held_out
    from drawn
    left join renamed on drawn.audience = renamed.audience and drawn.person = renamed.person
    where renamed.person is null
    union all
    select drawn.audience, drawn.person, drawn.trial, drawn.assigned_at, drawn.is_held_out
    from drawn
    inner join renamed on drawn.audience = renamed.audience and drawn.person = renamed.person
    where not renamed.is_of_both
    qualify row_number() over (partition by drawn.audience, drawn.person order by drawn.trial, drawn.assigned_at, drawn.profile_id) = 1
),

subjects as (
    select
        people.audience,
        people.person,
        people.is_held_out,
        people.assigned_at,
        coalesce(newest.goal, 'sale') as goal,
        {{ days_after('people.assigned_at', 'newest.outcome_days') }} as until,
        {{ days_after('people.assigned_at', 'newest.outcome_days') }} <= least(newest.as_of, coalesce(newest.ended_at, newest.as_of)) as is_over,
        people.assigned_at > newest.started_at and people.assigned_at > {{ days_before('newest.as_of', recent_days) }} as entered_recently
    from people
    inner join newest on people.audience = newest.audience and people.trial = newest.trial
),

happened as (
    select profile_id, kind, is_sale, occurred_at, net_company
    from {{ ref('conversions') }}
    where is_sale or kind in ('subscription', 'converted_lead')
    union all
    select profile_id, 'review', false, created_at, null
    from {{ with_person('unified_reviews', ['created_at']) }} as reviews
    union all
    select guests.person, 'visit', false, sessions.started_at, null
    from (select distinct person from subjects where goal = 'visit' and is_over) as guests
    inner join {{ ref('identifiers') }} as identifiers on guests.person = identifiers.profile_id
    inner join {{ ref('sessions') }} as sessions
        on identifiers.identifier_type = sessions.identifier_type and identifiers.identifier = sessions.identifier
),

outcomes as (
    select
        subjects.audience,
        subjects.person,
        subjects.is_held_out,
        count(*) filter (where happened.kind = case subjects.goal when 'order' then 'purchase' else subjects.goal end
            or (subjects.goal in ('sale', 'conversion') and (happened.is_sale or happened.kind = 'converted_lead'))) as conversions,
        -- What was paid goes before what the state of a lead is worth: one sale may be told as both. More may be given back than was paid.
        greatest({{ money_sum("coalesce(
            sum(happened.net_company) filter (where happened.is_sale), sum(happened.net_company) filter (where happened.kind = 'converted_lead'), 0
        )") }}, 0) as revenue
    from subjects
    inner join happened
        on subjects.person = happened.profile_id and happened.occurred_at > subjects.assigned_at and happened.occurred_at <= subjects.until
    where subjects.is_over
    group by 1, 2, 3
),

results as (
    select
        audience,
        is_held_out,
        count(*) filter (where conversions > 0) as converted,
        sum(conversions) as conversions,
        count(*) filter (where revenue > 0) as buyers,
        {{ money_sum('sum(revenue)') }} as revenue,
        -- DuckDB's product of two decimals of 18 digits has no more of them.
        cast(sum(cast(revenue as decimal(19, 4)) * revenue) as decimal(38, 8)) as revenue_squares,
        max(revenue) as largest_revenue
    from outcomes
    group by 1, 2
),

sizes as (
    select
        audience,
        is_held_out,
        count(*) as assigned,
        count(*) filter (where is_over) as people,
        count(*) filter (where entered_recently) as entered_recently
    from subjects
    group by 1, 2
),

-- Both groups, be one of them empty.
both_groups as (
    select newest.*, arms.is_held_out
    from newest
    cross join (select false as is_held_out union all select true as is_held_out) as arms
)

select
    both_groups.audience,
    both_groups.goal,
    both_groups.share,
    both_groups.is_held_out,
    both_groups.started_at,
    both_groups.ended_at,
    {{ local_date('both_groups.started_at') }} as started_on,
    both_groups.outcome_days,
    cast(both_groups.target as double) as target,
    cast(least({{ seconds_between('both_groups.started_at', 'both_groups.as_of') }} / 86400e0, {{ recent_days }}) as double) as recent_days,
    coalesce(sizes.assigned, 0) as assigned,
    coalesce(sizes.people, 0) as people,
    case when both_groups.ended_at is null then coalesce(sizes.entered_recently, 0) else 0 end as entered_recently,
    coalesce(results.converted, 0) as converted,
    cast(coalesce(results.conversions, 0) as bigint) as conversions,
    coalesce(results.buyers, 0) as buyers,
    coalesce(results.revenue, 0) as revenue,
    coalesce(results.revenue_squares, 0) as revenue_squares,
    coalesce(results.largest_revenue, 0) as largest_revenue,
    {{ company('currency') }} as currency
from both_groups
left join sizes on both_groups.audience = sizes.audience and both_groups.is_held_out = sizes.is_held_out
left join results on both_groups.audience = results.audience and both_groups.is_held_out = results.is_held_out
