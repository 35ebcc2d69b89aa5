-- One row per flight of a campaign that nobody can be followed from (campaigns.is_tracked; of costs that name a channel only, the channel
-- stands for a campaign) and metric: what there was more than to be expected. An estimate, never a measurement, of everything sold while
-- it ran.
-- Expected is what there was on the same weekdays a year (364 days) before, times the growth since: exp of the mean, over up to 13 weeks
-- before the flight, of the logarithm of this year's week by the year before's. Weeks with such a campaign in either year do not count.
-- The interval (95 %) is the prediction interval for the mean of m more observations after k, here weeks, by Student's t with k - 1 degrees
-- of freedom (G. J. Hahn, W. Q. Meeker, "Statistical Intervals", 1991), where weeks hang together: their mean then varies more, and
-- they vary less about it, than if they were independent. Thirteen weeks are too few to tell how much they do, so that a good deal is
-- taken for granted: an autoregressive process of order one with `hang_together` as its coefficient (G. E. P. Box, G. M. Jenkins, "Time
-- Series Analysis", 1976), up to which no more than one verdict in twenty is false.
-- Once a flight has ended, a fall from its level to that of the weeks after it is evidence of its own, with the same spread; that there is
-- none proves nothing, for an effect may last.
-- What runs for longer than half a year is no campaign but the usual: there is no time without it to compare with, and no other campaign
-- is confused by it.
{% set year = 364 %}
{% set weeks = 13 %}
{% set least_weeks = 6 %}
{% set pause = 7 %}
{% set rest = 28 %}
{% set longest = 182 %}
{% set hang_together = 0.6 %}
{# Quantile 97.5 % of Student's t, by degrees of freedom. #}
{% set student = {5: 2.570582, 6: 2.446912, 7: 2.364624, 8: 2.306004, 9: 2.262157, 10: 2.228139, 11: 2.200985, 12: 2.178813} %}
{# By how much the variance of the mean of n weeks (one at least) is larger than if they were independent: 1 + 2 · Σ (1 - j / n) · c^j. #}
{% set inflation -%}
({{ ((1 + hang_together) / (1 - hang_together)) | round(9) }} - {{ (2 * hang_together / (1 - hang_together) ** 2) | round(9) }}
    * (1 - power({{ hang_together }}, greatest({0}, 1))) / greatest({0}, 1))
{%- endset %}
{% set flight = 'campaign_key, channel, flight' %}
{% set of_flight = inflation.format('(flights.days / 7e0)') ~ ' * 7e0 / flights.days' %}
{% set same_flight = '{0}.campaign_key = {1}.campaign_key and {0}.channel = {1}.channel and {0}.flight = {1}.flight' %}

with followed as (
    select channel from {{ ref('told_channels') }} where is_followed
    union
    -- A code or number of the channel as a whole.
    select channels.channel
    from (
        select channel from {{ ref('unified_promo_codes') }} where campaign_id is null
        union all
        select channel from {{ ref('tracking_numbers') }} where campaign is null
    ) as own
    inner join {{ ref('told_channels') }} as channels on {{ channel_word('own.channel') }} = channels.word
),

paid as (
    select
        costs.campaign_key,
        -- Of a campaign on several channels, one stands for all.
        case when costs.campaign_key = '' then costs.channel else min(costs.channel) over (partition by costs.campaign_key) end as channel,
        costs.campaign,
        costs.day,
        costs.kind,
        costs.amount,
        max(case when costs.kind = 'media' and costs.amount > 0 then 1 else 0 end) over (partition by costs.campaign_key) as has_media
    from {{ ref('costs') }} as costs
    left join {{ ref('campaigns') }} as campaigns on costs.campaign_key = campaigns.campaign_key
    left join followed on costs.campaign_key = '' and costs.channel = followed.channel
    where costs.origin = 'marketing_costs' and costs.channel <> 'unattributed'
        and case when costs.campaign_key = '' then followed.channel is null else not campaigns.is_tracked end
),

-- It runs on the days that media are paid for; what is paid before is made ready, not seen, and a credit note shows nothing.
days as (
    select distinct campaign_key, channel, day
    from paid
    where amount > 0 and (kind = 'media' or (has_media = 0 and campaign_key <> '')) and day < {{ local_date(today('last_midnight')) }}
),

numbered as (
    select
        *,
        cast(sum(starts) over (partition by campaign_key, channel order by day rows unbounded preceding) as bigint) as flight
    from (
        select
            *,
            case
                when {{ days_between('lag(day) over (partition by campaign_key, channel order by day)', 'day') }} <= {{ pause }} then 0
                else 1
            end as starts
        from days
    ) as gaps
),

flights as (
    select
        {{ flight }},
        min(day) as first_day,
        max(day) as last_day,
        {{ days_between('min(day)', 'max(day)') }} + 1 as days,
        coalesce(lag(max(day)) over (partition by campaign_key, channel order by flight), date '0001-01-01') as after_day,
        case when lead(flight) over (partition by campaign_key, channel order by flight) is null
            then date '9999-12-31' else max(day) end as up_to_day
    from numbered
    group by {{ flight }}
),

-- Days of campaigns that end, by which others are confused.
brief as (
    select numbered.day
    from numbered
    inner join flights on {{ same_flight.format('numbered', 'flights') }}
    where flights.days <= {{ longest }}
),

costs as (
    select flights.campaign_key, flights.channel, flights.flight, min(paid.campaign) as campaign, {{ money_sum('sum(paid.amount)') }} as costs
    from flights
    inner join paid
        on flights.campaign_key = paid.campaign_key and flights.channel = paid.channel
        and paid.day > flights.after_day and paid.day <= flights.up_to_day
    group by flights.campaign_key, flights.channel, flights.flight
),

shared as (
    select {{ flight }}, {{ joined_texts('other') }} as overlaps_with
    from (
        select distinct one.campaign_key, one.channel, one.flight, coalesce(nullif(other.campaign_key, ''), other.channel) as other
        from flights as one
        inner join flights as other
            on one.first_day <= other.last_day and other.first_day <= one.last_day
            and (one.campaign_key <> other.campaign_key or one.channel <> other.channel)
        where one.days <= {{ longest }} and other.days <= {{ longest }}
    ) as pairs
    group by {{ flight }}
),

daily as (
    select
        {{ local_date('occurred_at') }} as day,
        {{ money_sum("sum(case when is_sale then coalesce(net_company, 0) else 0 end)") }} as revenue,
        sum(case when is_sale then 1 else 0 end) as sales,
        sum(case when kind = 'lead' then 1 else 0 end) as leads
    from {{ ref('conversions') }}
    where is_sale or kind = 'lead'
    group by 1
),

measured as (
    {% for metric in ['revenue', 'sales', 'leads'] -%}
    select '{{ metric }}' as metric, day, cast({{ metric }} as decimal(18, 4)) as value
    from daily
    where {{ metric }} <> 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- The days there are figures of: from the first one to the last that was over when the run was made.
known as (
    select metric, first_day, {{ date_after(local_date(today('last_midnight')), '-1') }} as last_day
    from (select metric, min(day) as first_day from measured group by metric) as begun
),

spans as (
    select
        {{ flight }},
        'before' as span,
        {{ date_after('first_day', '-7 * weeks.number') }} as starts_on,
        {{ date_after('first_day', '6 - 7 * weeks.number') }} as ends_on
    from flights
    {{ number_rows(weeks, 'weeks') }}
    union all
    select {{ flight }}, 'during', first_day, last_day from flights
    union all
    select {{ flight }}, 'after', {{ date_after('last_day', '1') }}, {{ date_after('last_day', 'least(greatest(days, 7), ' ~ rest ~ ')') }}
    from flights
),

disturbed as (
    select
        spans.campaign_key, spans.channel, spans.flight, spans.span, spans.starts_on,
        max(case when brief.day >= spans.starts_on then 1 else 0 end) as is_now,
        max(case when brief.day < spans.starts_on then 1 else 0 end) as is_then
    from spans
    inner join brief
        on brief.day between spans.starts_on and spans.ends_on
        or {{ date_after('brief.day', year) }} between spans.starts_on and spans.ends_on
    group by spans.campaign_key, spans.channel, spans.flight, spans.span, spans.starts_on
),

compared as (
    select
        spans.campaign_key,
        spans.channel,
        spans.flight,
        spans.span,
        known.metric,
        spans.starts_on,
        {{ days_between('spans.starts_on', 'spans.ends_on') }} + 1 as days,
        spans.ends_on <= known.last_day as is_over,
        {{ date_after('spans.starts_on', -year) }} >= known.first_day and spans.ends_on <= known.last_day as is_known,
        coalesce(max(disturbed.is_now), 0) = 1 as is_disturbed_now,
        coalesce(max(disturbed.is_then), 0) = 1 as is_disturbed_then,
        {{ money_sum('coalesce(sum(case when measured.day >= spans.starts_on then measured.value end), 0)') }} as now,
        {{ money_sum('coalesce(sum(case when measured.day < spans.starts_on then measured.value end), 0)') }} as year_before
    from spans
    cross join known
    left join measured
        on known.metric = measured.metric
        and (
            measured.day between spans.starts_on and spans.ends_on
            or {{ date_after('measured.day', year) }} between spans.starts_on and spans.ends_on
        )
    left join disturbed on {{ same_flight.format('spans', 'disturbed') }} and spans.span = disturbed.span and spans.starts_on = disturbed.starts_on
    group by
        spans.campaign_key, spans.channel, spans.flight, spans.span, known.metric, spans.starts_on, spans.ends_on, known.first_day, known.last_day
),

-- Logarithms as decimals: the same sum in whichever order.
growths as (
    select
        *,
        case when is_known and now > 0 and year_before > 0
            then cast(ln(cast(now as double) / cast(year_before as double)) as decimal(18, 9)) end as growth
    from compared
),

trends as (
    select
        {{ flight }},
        metric,
        count(*) as weeks,
        cast(sum(growth) as double) / count(*) as growth,
        sqrt(greatest(
            cast(sum(growth * growth) as double) - cast(sum(growth) as double) * cast(sum(growth) as double) / count(*), 0
        ) / nullif(count(*) - {{ inflation.format('count(*)') }}, 0))
            * case count(*) {% for df, t in student.items() %}when {{ df + 1 }} then {{ t }} {% endfor %}end as spread
    from growths
    where span = 'before' and growth is not null and not is_disturbed_now and not is_disturbed_then
    group by {{ flight }}, metric
),

judged as (
    select
        flights.campaign_key,
        flights.channel,
        flights.flight,
        flights.first_day,
        flights.last_day,
        flights.days,
        during.metric,
        during.now,
        during.year_before,
        during.growth as growth_during,
        coalesce(trends.weeks, 0) as weeks,
        trends.growth,
        trends.spread * sqrt({{ of_flight }} + {{ inflation.format('trends.weeks') }} / trends.weeks) as level_error,
        trends.spread * sqrt({{ of_flight }} + {{ inflation.format('(after.days / 7e0)') }} * 7e0 / after.days) as fall_error,
        after.growth as growth_after,
        after.is_over,
        after.is_disturbed_now or after.is_disturbed_then as is_fall_disturbed,
        case
            when flights.days > {{ longest }} then 'always_on'
            when not during.is_known then 'no_history'
            when during.is_disturbed_then then 'campaign_the_year_before'
            when during.growth is null or coalesce(trends.weeks, 0) < {{ least_weeks }} then 'too_little_to_compare'
        end as reason
    from flights
    inner join growths as during on {{ same_flight.format('flights', 'during') }} and during.span = 'during'
    inner join growths as after on {{ same_flight.format('flights', 'after') }} and after.span = 'after' and during.metric = after.metric
    left join trends on {{ same_flight.format('flights', 'trends') }} and during.metric = trends.metric
),

estimated as (
    select
        judged.*,
        {% for name, error in [('expected', '0'), ('expected_low', '-level_error'), ('expected_high', 'level_error')] -%}
        {%- set amount = 'least(cast(year_before as double) * exp(greatest(least(growth + ' ~ error ~ ', 60), -60)), 9e13)' %}
        case when reason is null then cast({{ rounded(amount, 2) }} as decimal(18, 4)) end as {{ name }},
        {% endfor -%}
        {% for name, error in [('fall', '0'), ('fall_low', 'fall_error'), ('fall_high', '-fall_error')] -%}
        case when reason is null and not is_fall_disturbed and growth_after is not null
            then 100 * (1 - exp(growth_after - growth_during + {{ error }})) end as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from judged
)

select
    estimated.campaign_key,
    coalesce(nullif(costs.campaign, ''), estimated.channel) as campaign,
    estimated.channel,
    estimated.flight,
    'flight' as period_kind,
    estimated.first_day as period,
    estimated.last_day,
    estimated.days,
    estimated.metric,
    true as is_estimate,
    shared.overlaps_with is not null as is_overlapping,
    shared.overlaps_with,
    estimated.reason,
    estimated.now as actual,
    estimated.year_before,
    estimated.weeks as weeks_compared,
    {{ rounded('100 * (exp(estimated.growth) - 1)', 4) }} as trend_percent,
    estimated.expected,
    estimated.expected_low,
    estimated.expected_high,
    {% for name, expected in [('uplift', 'expected'), ('uplift_low', 'expected_high'), ('uplift_high', 'expected_low')] -%}
    cast(round(estimated.now - estimated.{{ expected }}, 2) as decimal(18, 4)) as {{ name }},
    {% endfor -%}
    case
        when estimated.reason is not null then 'unknown'
        when estimated.now > estimated.expected_high then 'more'
        when estimated.now < estimated.expected_low then 'less'
        else 'unclear'
    end as verdict,
    {% for name in ['fall', 'fall_low', 'fall_high'] -%}
    {{ rounded('estimated.' ~ name, 4) }} as {{ name }}_percent,
    {% endfor -%}
    case
        when not estimated.is_over then 'not_over'
        when estimated.fall is null then 'unknown'
        when estimated.fall_low > 0 then 'fell'
        else 'not_proven'
    end as after_the_end,
    costs.costs,
    {% for name, expected in [('roi_percent', 'expected'), ('roi_low_percent', 'expected_high'), ('roi_high_percent', 'expected_low')] -%}
    case when estimated.metric = 'revenue' and shared.overlaps_with is null
        then {{ rounded(per_cent_gained('(estimated.now - estimated.' ~ expected ~ ')', 'costs.costs'), 4) }} end as {{ name }},
    {% endfor -%}
    {{ company('currency') }} as currency
from estimated
left join costs on {{ same_flight.format('estimated', 'costs') }}
left join shared on {{ same_flight.format('estimated', 'shared') }}
