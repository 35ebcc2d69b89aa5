-- One row per day, week or month, channel and figure of acquisition, activation, retention, referral and revenue. What is counted or paid
-- in days adds up to weeks and months; where there is a denominator, `value` is numerator / denominator, and NULL where that is nought.
-- A figure that no source tells of has no rows; the others have one for every period in which anything at all happened.
{% set kinds = ['day', 'week', 'month'] %}

with metrics as (
    {% for stage, metric, unit, by_channel, numerator, denominator, factor in aarrr_metrics() -%}
    select
        '{{ stage }}' as stage, '{{ metric }}' as metric, '{{ unit }}' as unit, {{ by_channel | lower }} as by_channel,
        '{{ numerator }}' as numerator, {{ "'" ~ denominator ~ "'" if denominator else 'cast(null as string)' }} as denominator,
        cast({{ factor }} as decimal(18, 4)) as factor,
        '{{ denominator if denominator == 'margin' or denominator and unit != 'currency' else numerator }}' as needs
    from {{ source('control', 'measurement') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

summed as (
    {% for kind in kinds -%}
    select
        '{{ kind }}' as period_kind, {{ period_of(kind, 'day') }} as period, channel, measure, cast(sum(amount) as decimal(38, 4)) as amount
    from {{ ref('daily_figures') }}
    group by 1, 2, 3, 4
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A paid subscription counts as buying for as long as it runs.
paid as (
    select profile_id, sold_on as day, sold_on as until
    from {{ ref('sales') }}
    union all
    select profile_id, {{ local_date('begun_at') }}, {{ local_date('paid_until') }}
    from {{ ref('paid_subscriptions') }}
),

buying_days as (
    select
        paid.profile_id,
        customers.acquired_on,
        paid.day,
        max(paid.until) as until,
        {{ date_after('max(paid.until)', "max(case
            when people.person_kind = 'professional' then " ~ company('professional_lapsed_after_days') ~ "
            else " ~ company('lapsed_after_days') ~ "
        end)") }} as lasts_until
    from paid
    inner join {{ ref('acquired_customers') }} as customers on paid.profile_id = customers.profile_id
    left join {{ ref('profiles') }} as people on paid.profile_id = people.profile_id
    group by 1, 2, 3
),

reaching as (
    select
        profile_id,
        acquired_on,
        day,
        max(lasts_until) over (partition by profile_id order by day rows unbounded preceding) as lasts_until
    from buying_days
),

-- Somebody is a customer from the day of a sale on, for as many days as the settings say; who has not bought again by then is lost.
turns as (
    select
        *,
        coalesce({{ days_between('lag(lasts_until) over by_day', 'day') }} > 1, true) as is_won,
        coalesce({{ days_between('lasts_until', 'lead(day) over by_day') }} > 1, true) as is_lost
    from reaching
    window by_day as (partition by profile_id order by day)
),

stays as (
    select
        turns.*,
        case when is_lost and lasts_until < today.as_of_date then {{ date_after('lasts_until', 1) }} end as lost_on,
        max(case when is_won then day end) over (partition by profile_id order by day rows unbounded preceding) as won_on
    from turns
    cross join {{ source('control', 'today') }} as today
),

logged_in as (
    select distinct identifiers.profile_id, sessions.event_date as day
    from {{ ref('sessions') }} as sessions
    inner join {{ ref('identifiers') }} as identifiers
        on sessions.identifier_type = identifiers.identifier_type and sessions.identifier = identifiers.identifier
    where sessions.identifier_type = 'user_id' and {{ is_on_site('sessions') }} and {{ is_outsider('identifiers.profile_id') }}
),

-- People are counted in each period anew: whoever came on two days of a week is one in the week.
people as (
    {% for kind in kinds -%}
    {% set own, acquired = period_of(kind, 'day'), period_of(kind, 'acquired_on') -%}
    {% set won, lost = period_of(kind, 'won_on'), period_of(kind, 'lost_on') -%}
    select '{{ kind }}' as period_kind, {{ own }} as period, 'logged_in_people' as measure, count(distinct profile_id) as amount
    from logged_in
    group by 1, 2
    union all
    select '{{ kind }}', {{ acquired }}, 'acquired', count(*) from {{ ref('acquired_customers') }} group by 1, 2
    union all
    select '{{ kind }}', {{ own }}, 'won', count(*) from stays where is_won group by 1, 2
    union all
    select '{{ kind }}', {{ lost }}, 'lost', count(*) from stays where lost_on is not null group by 1, 2
    union all
    select '{{ kind }}', {{ lost }}, 'customers_lost', count(*) from stays where {{ won }} < {{ lost }} group by 1, 2
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

periods as (
    select period_kind, period from summed
    union
    select period_kind, period from people
),

-- The periods after the one that won them in which somebody bought, from the first to the last of each stretch.
bought_in as (
    {% for kind in kinds -%}
    select
        '{{ kind }}' as period_kind,
        profile_id,
        greatest({{ period_of(kind, 'day') }}, {{ period_end("'" ~ kind ~ "'", period_of(kind, 'acquired_on')) }}) as first_period,
        {{ period_of(kind, 'until') }} as last_period
    from buying_days
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Without what a stretch before has of them, so that nobody counts twice in a period.
apart as (
    select
        period_kind,
        greatest(first_period, coalesce({{ period_end('period_kind', 'last_before') }}, first_period)) as first_period,
        last_period
    from (
        select
            *,
            max(last_period) over (
                partition by period_kind, profile_id order by first_period, last_period rows between unbounded preceding and 1 preceding
            ) as last_before
        from bought_in
        where first_period <= last_period
    ) as stretches
),

returned as (
    select period_kind, period, sum(sum(change)) over (partition by period_kind order by period rows unbounded preceding) as customers
    from (
        select period_kind, first_period as period, 1 as change from apart where first_period <= last_period
        union all
        select period_kind, {{ period_end('period_kind', 'last_period') }}, -1 from apart where first_period <= last_period
        union all
        select period_kind, period, 0 from periods
    ) as changes
    group by period_kind, period
),

-- Who had been won before a period began, and who of them was a customer still.
standing as (
    select
        periods.period_kind,
        periods.period,
        sum(coalesce(moves.acquired, 0)) over before_it as customers_of_cohorts,
        sum(coalesce(moves.won, 0) - coalesce(moves.lost, 0)) over before_it as customers_before,
        coalesce(moves.customers_lost, 0) as customers_lost
    from periods
    left join (
        select
            period_kind,
            period,
            {% for measure in ['acquired', 'won', 'lost', 'customers_lost'] -%}
            max(case when measure = '{{ measure }}' then amount end) as {{ measure }}{{ ',' if not loop.last }}
            {% endfor %}
        from people
        group by period_kind, period
    ) as moves on periods.period_kind = moves.period_kind and periods.period = moves.period
    window before_it as (
        partition by periods.period_kind order by periods.period rows between unbounded preceding and 1 preceding
    )
),

amounts as (
    select period_kind, period, channel, measure, amount from summed where channel is not null
    union all
    select period_kind, period, 'all', measure, sum(amount) from summed group by period_kind, period, measure
    union all
    select period_kind, period, 'all', measure, amount from people where measure = 'logged_in_people'
    union all
    select periods.period_kind, periods.period, 'all', 'customers_returned', returned.customers
    from periods
    inner join returned on periods.period_kind = returned.period_kind and periods.period = returned.period
    {% for measure in ['customers_of_cohorts', 'customers_before', 'customers_lost'] -%}
    union all
    select period_kind, period, 'all', '{{ measure }}', {{ measure }}
    from standing
    where {{ 'customers_before' if measure == 'customers_lost' else measure }} > 0
    {% endfor -%}
    union all
    select period_kind, period, 'all', 'customers_kept', customers_before - customers_lost from standing where customers_before > 0
    union all
    select periods.period_kind, periods.period, 'all', 'margin', settings.margin
    from periods
    cross join (select margin from {{ source('control', 'measurement') }} where margin is not null) as settings
),

told as (
    select metrics.*
    from metrics
    inner join (select distinct measure from amounts) as measures on metrics.needs = measures.measure
    where metrics.factor is not null
),

asked as (
    select periods.period_kind, periods.period, 'all' as channel, told.*
    from periods
    cross join told
    union all
    select distinct amounts.period_kind, amounts.period, amounts.channel, told.*
    from amounts
    inner join told on told.by_channel and (amounts.measure = told.numerator or amounts.measure = told.denominator)
    where amounts.channel <> 'all'
),

found as (
    select
        asked.*,
        cast(coalesce(above.amount, 0) * asked.factor as decimal(38, 4)) as above,
        case when asked.denominator is not null then cast(coalesce(below.amount, 0) as decimal(38, 4)) end as below
    from asked
    left join amounts as above
        on asked.period_kind = above.period_kind and asked.period = above.period and asked.channel = above.channel
        and asked.numerator = above.measure
    left join amounts as below
        on asked.period_kind = below.period_kind and asked.period = below.period and asked.channel = below.channel
        and asked.denominator = below.measure
)

select
    period_kind,
    period,
    stage,
    metric,
    channel,
    case
        when denominator is null then cast(above as double)
        -- What nothing was spent on has no price; costs and customers of no channel do not belong together.
        when metric in ('cpc', 'cpm', 'cac') and (above <= 0 or channel = 'unattributed') then null
        when below > 0 then cast(above as double) / cast(below as double)
    end as value,
    {{ money_sum('above') }} as numerator,
    {{ money_sum('below') }} as denominator,
    unit,
    case when unit = 'currency' then {{ company('currency') }} end as currency,
    {{ is_over(period_end('period_kind', 'period')) }} as is_finished
from found
