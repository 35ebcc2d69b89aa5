-- One row per supplier of leads (and one for the company's own, `in_house`), month in which the leads came, and all of them together.
-- Shares have their interval (Wilson, 95 %). What a lead may cost at most is what it earns without what sales cost: by the conversion
-- of leads that have had the whole look-back to convert. No verdict from few leads, nor against what chance may have made: neither by how
-- many bought, nor by how much. With v the squared variation coefficient of what sales bring and p the conversion, what n leads earn is known
-- no better than the conversion of n / (1 + v / (1 - p)), as the variance of a sum over as many sales as chance makes has it.
{% set fewest_leads = 30 %}
{% set fewest_sales = 10 %}

with scored_leads as (
    select received.*, scored.score
    from {{ ref('lead_results') }} as received
    left join {{ ref('leads') }} as scored on received.profile_id = scored.profile_id
),

periods as (
    select 'month' as period_kind, scored_leads.month as period, scored_leads.* from scored_leads
    union all
    select 'all', min(scored_leads.received_on) over (), scored_leads.* from scored_leads
),

counted as (
    select
        period_kind,
        period,
        supplier,
        is_in_house,
        count(*) as leads,
        count(cost) as leads_with_cost,
        {{ money_sum('coalesce(sum(cost), 0)') }} as lead_cost,
        {{ money_sum('sum(sales_cost)') }} as sales_cost,
        count(*) filter (where is_valid) as valid,
        {{ money_sum('coalesce(sum(cost) filter (where is_claimed), 0)') }} as claimed_cost,
        count(*) filter (where is_duplicate) as duplicates,
        count(*) filter (where is_exclusive) as exclusive,
        count(*) filter (where is_exclusive and not is_resold) as kept_exclusive,
        count(*) filter (where is_qualified) as qualified,
        count(*) filter (where is_converted) as converted,
        cast(sum(orders) as bigint) as orders,
        {{ money_sum('sum(revenue)') }} as revenue,
        {{ variation('case when is_converted then revenue end') }} as variation,
        count(*) filter (where is_mature) as mature,
        count(*) filter (where is_mature and is_converted) as mature_converted,
        count(score) as scored,
        cast({{ rounded('cast(sum(score) as double) / nullif(count(score), 0)', 2) }} as double) as mean_lead_score,
        count(first_called_at) as called,
        count(*) filter (where is_reached) as reached,
        count(is_reached) as called_with_outcome,
        count(*) filter (where is_unreachable) as unreachable,
        {{ list_item(quantiles(seconds_between('created_at', 'first_called_at') ~ ' / 3600e0', [0.5]), 1) }} as first_call_hours
    from periods
    group by 1, 2, 3, 4
),

measured as (
    select
        counted.*,
        {{ share_columns('valid', 'leads', 'validity') }},
        {{ share_columns('duplicates', 'leads', 'duplicate_share') }},
        {{ share_columns('kept_exclusive', 'exclusive', 'exclusivity') }},
        {{ share_columns('qualified', 'leads', 'qualification') }},
        {{ share_columns('converted', 'leads', 'conversion') }},
        {{ share_columns('mature_converted', 'mature', 'mature_conversion') }},
        {{ share_columns('reached', 'called_with_outcome', 'reachability') }},
        cast(cast(lead_cost as double) / nullif(leads_with_cost, 0) as double) as price,
        -- What sales cost alone is not what leads cost, where nobody tells what they were bought for.
        case when leads_with_cost > 0 then cast(lead_cost + sales_cost as double) end as costs,
        cast(sales_cost as double) / leads as sales_cost_per_lead,
        cast(coalesce(measurement.margin, 1) as double) as margin
    from counted
    cross join {{ source('control', 'measurement') }} as measurement
),

-- What a sale brings is known of few sales with difficulty: below so many, what the sales of everybody brought.
valued as (
    select
        measured.*,
        cast(case when measured.converted >= {{ fewest_sales }} then measured.revenue else everybody.revenue end as double)
            / nullif(case when measured.converted >= {{ fewest_sales }} then measured.converted else everybody.converted end, 0) as value_of_a_sale,
        1 + coalesce(case when measured.converted >= {{ fewest_sales }} then measured.variation else everybody.variation end, 0)
            * measured.mature / greatest(measured.mature - measured.mature_converted, 1) as spread
    from measured
    inner join (
        select
            period_kind,
            period,
            sum(revenue) as revenue,
            count(*) filter (where is_converted) as converted,
            {{ variation('case when is_converted then revenue end') }} as variation
        from periods
        group by 1, 2
    ) as everybody on measured.period_kind = everybody.period_kind and measured.period = everybody.period
),

compared as (
    select
        valued.*,
        valued.mature_conversion - own.mature_conversion as conversion_difference,
        {{ difference_bound('valued.mature_conversion', 'own.mature_conversion', '-') }} as conversion_difference_low,
        {{ difference_bound('valued.mature_conversion', 'own.mature_conversion', '+') }} as conversion_difference_high,
        {% for bound, conversion in [
            ('', 'valued.mature_conversion'),
            ('_low', share_bound('valued.mature_converted / spread', 'valued.mature / spread', '-')),
            ('_high', share_bound('valued.mature_converted / spread', 'valued.mature / spread', '+')),
        ] -%}
        valued.value_of_a_sale * valued.margin * ({{ conversion }}) - valued.sales_cost_per_lead as worth{{ bound }}{{ ',' if not loop.last }}
        {% endfor %}
    from valued
    left join measured as own
        on own.is_in_house and not valued.is_in_house and valued.period_kind = own.period_kind and valued.period = own.period
),

decided as (
    select
        *,
        case
            when is_in_house then null
            when price is null then 'no_cost'
            when mature < {{ fewest_leads }} or value_of_a_sale is null then 'too_early'
            -- What a sale brings may be borrowed from others' sales: what these brought has to say so too.
            when worth_low >= price and cast(revenue as double) * margin >= costs then 'pays'
            when worth_high < price then 'does_not_pay'
            else 'unclear'
        end as verdict
    from compared
)

select
    period_kind,
    period,
    supplier,
    is_in_house,
    {{ company('currency') }} as currency,
    leads,
    leads_with_cost,
    lead_cost,
    sales_cost,
    claimed_cost,
    cast({{ rounded('price', 4) }} as decimal(18, 4)) as cpl,
    cast({{ rounded('cast(lead_cost as double) / nullif(case when leads_with_cost > 0 then valid end, 0)', 4) }} as decimal(18, 4)) as cost_per_valid_lead,
    valid, validity, validity_low, validity_high,
    duplicates, duplicate_share, duplicate_share_low, duplicate_share_high,
    exclusive, kept_exclusive, exclusivity, exclusivity_low, exclusivity_high,
    qualified, qualification, qualification_low, qualification_high,
    converted, conversion, conversion_low, conversion_high,
    mature, mature_converted, mature_conversion, mature_conversion_low, mature_conversion_high,
    cast({{ rounded('conversion_difference', 6) }} as double) as conversion_difference,
    conversion_difference_low,
    conversion_difference_high,
    case
        when conversion_difference is null then null
        when mature < {{ fewest_leads }} then 'too_early'
        when conversion_difference_low > 0 then 'better'
        when conversion_difference_high < 0 then 'worse'
        else 'no_difference_seen'
    end as against_in_house,
    orders,
    revenue,
    cast({{ rounded('costs / nullif(converted, 0)', 4) }} as decimal(18, 4)) as cost_per_sale,
    cast({{ rounded('worth', 4) }} as decimal(18, 4)) as break_even_cpl,
    cast({{ rounded('worth_low', 4) }} as decimal(18, 4)) as break_even_cpl_low,
    cast({{ rounded('worth_high', 4) }} as decimal(18, 4)) as break_even_cpl_high,
    cast({{ rounded(per_cent_gained('revenue', 'costs'), 4) }} as double) as roi_percent,
    scored,
    mean_lead_score,
    called,
    called_with_outcome, reached, unreachable, reachability, reachability_low, reachability_high,
    cast({{ rounded('first_call_hours', 2) }} as double) as first_call_hours,
    verdict,
    case verdict
        when 'no_cost' then 'what its leads cost is not told'
        when 'too_early' then 'fewer than {{ fewest_leads }} of its leads have had the time to convert, or nobody has bought yet to tell what a sale brings'
        when 'pays' then 'even by the fewest and smallest sales that fit what was seen, a lead earns what it costs'
        when 'does_not_pay' then 'even by the most and largest sales that fit what was seen, a lead earns less than it costs'
        when 'unclear' then 'what was seen fits both: leads that earn what they cost, and leads that do not'
    end as reason
from decided
