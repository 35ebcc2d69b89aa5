-- One row per influencer: their class by followers, how their engagement and fee per post compare with it, what speaks for bought
-- followers, what is missing of papers, and what the orders with their codes brought. An order belongs to the owner of the code,
-- whoever used it; of several owners' codes on one order, each has a part. Without a fee, a return is unknown, not endless.
-- Revenue varies by chance as in measurement.campaign_advice: a verdict is spoken where both bounds (90 %) lie on one side of the fee.
{% set fewest_orders = 10 %}

-- What several sources, or accounts on several platforms, tell of one name is added up; the class is that of the largest account.
with told as (
    select
        {{ partner_name('influencer') }} as name,
        min(trim(influencer)) as influencer,
        coalesce({{ newest('platform', 'followers') }}, min(platform)) as platform,
        max(followers) as followers,
        cast(sum(posts) as bigint) as posts,
        cast(sum(engagements) as bigint) as engagements,
        -- Engagements of those posts of which is known how many could see them.
        cast(sum(case when cast(posts as double) * followers > 0 then engagements end) as double)
            / nullif(cast(sum(case when engagements is not null then cast(posts as decimal(19, 0)) * cast(followers as decimal(18, 0)) end) as double), 0)
            as engagement,
        {{ money_sum('case when count(distinct currency) = 1 then sum(fee) else sum(fee_company) end') }} as fee,
        case when count(distinct currency) = 1 then min(currency) end as currency,
        count(case when fee <> 0 and fee_company is null then 1 end) > 0 as is_without_rate,
        {{ money_sum('case when count(case when fee <> 0 and fee_company is null then 1 end) = 0 then sum(fee_company) end') }} as fee_company,
        coalesce(min(case when disclosed then 1 when not disclosed then 0 end), 0) = 1 as is_disclosed,
        count(contract_signed_on) > 0 and count(case when fee <> 0 and contract_signed_on is null then 1 end) = 0 as is_under_contract,
        min(contract_signed_on) as contract_signed_on
    from {{ ref('unified_influencers') }}
    where {{ partner_name('influencer') }} is not null
    group by 1
),

codes as (
    select distinct
        upper(trim(code)) as code,
        {{ partner_name('influencer') }} as name,
        min(trim(influencer)) over (partition by {{ partner_name('influencer') }}) as influencer,
        valid_from,
        valid_to
    from {{ ref('unified_promo_codes') }}
    where {{ partner_name('influencer') }} is not null
),

coded as (
    select order_id, profile_id, ordered_at, {{ local_date('ordered_at') }} as ordered_on, net_company, coupon_codes as listed
    from {{ ref('person_orders') }}
    where is_revenue and coupon_codes is not null and ordered_at <= {{ today('ends_at') }} and {{ is_outsider('profile_id') }}
),

uses as (
    select distinct coded.order_id, coded.profile_id, coded.ordered_at, coded.net_company, codes.name
    from (
        select coded.*, upper(trim(used.part)) as code
        from coded
        {{ code_rows('coded.listed', 'used') }}
    ) as coded
    inner join codes
        on coded.code = codes.code
        and {{ is_code_valid('codes', 'coded.ordered_on') }}
),

placed as (
    select *, {{ part_of_total('coalesce(net_company, 0)', 'place', 'places') }} as part
    from (
        select *, row_number() over (partition by order_id order by name) as place, count(*) over (partition by order_id) as places
        from uses
    ) as counted
),

sold as (
    select
        placed.name,
        count(*) as orders,
        count(distinct placed.profile_id) as customers,
        count(distinct case when firsts.first_order_at = placed.ordered_at then placed.profile_id end) as new_customers,
        {{ money_sum('coalesce(sum(placed.part), 0)') }} as revenue,
        {{ variation('placed.part') }} as variation,
        min(placed.ordered_at) as first_sold_at
    from placed
    left join {{ ref('order_totals') }} as firsts on placed.profile_id = firsts.profile_id
    group by 1
),

-- Whoever has a code and is not told of otherwise is one of them too.
everybody as (
    select coalesce(told.name, owners.name) as name, coalesce(told.influencer, owners.influencer) as influencer
    from told
    full join (select distinct name, influencer from codes) as owners on told.name = owners.name
),

graded as (
    select
        everybody.name,
        everybody.influencer,
        told.platform,
        told.followers,
        told.posts,
        told.engagements,
        classes.class,
        cast(classes.engagement_low as double) as engagement_low,
        cast(classes.engagement_high as double) as engagement_high,
        cast(classes.fee_low as double) as fee_low,
        cast(classes.fee_high as double) as fee_high,
        told.engagement,
        told.fee,
        coalesce(told.currency, {{ company('currency') }}) as fee_currency,
        told.fee_company,
        coalesce(told.is_without_rate, false) as is_without_rate,
        cast(told.fee_company as double) / nullif(told.posts, 0) as fee_per_post,
        coalesce(told.is_disclosed, false) as is_disclosed,
        coalesce(told.is_under_contract, false) as is_under_contract,
        told.contract_signed_on,
        told.name is not null as is_told_of,
        coalesce(sold.orders, 0) as orders,
        coalesce(sold.customers, 0) as customers,
        coalesce(sold.new_customers, 0) as new_customers,
        coalesce(sold.revenue, 0) as revenue,
        sold.variation,
        sold.first_sold_at
    from everybody
    left join told on everybody.name = told.name
    left join sold on everybody.name = sold.name
    left join {{ ref('influencer_classes') }} as classes on told.followers >= classes.followers_from
    qualify row_number() over (partition by everybody.name order by classes.followers_from desc nulls last) = 1
),

-- What an order with any of their codes brings.
usual as (
    select cast(sum(part) as double) / nullif(count(*), 0) as order_value, {{ variation('part') }} as variation from placed
),

-- Of few orders, it is not known by themselves.
valued as (
    select
        graded.*,
        case when graded.orders >= {{ fewest_orders }} then cast(graded.revenue as double) / graded.orders else usual.order_value end as order_value,
        1 + coalesce(case when graded.orders >= {{ fewest_orders }} then graded.variation else usual.variation end, 0) as spread
    from graded
    cross join usual
),

-- What the company's others of the same class get and ask, where there are enough of them to compare with.
peers as (
    select
        class,
        count(*) as influencers,
        {{ list_item(quantiles('engagement', [0.5]), 1) }} as engagement,
        {{ list_item(quantiles('fee_per_post', [0.5]), 1) }} as fee_per_post
    from graded
    where class is not null
    group by 1
),

judged as (
    select
        graded.*,
        {% for name, side in [('least', '-'), ('most', '+')] -%}
        ({{ count_bound('(graded.orders / graded.spread)', side) }}) * graded.spread * graded.order_value as revenue_at_{{ name }},
        {% endfor -%}
        case when peers.influencers >= 3 then peers.engagement end as class_engagement,
        case when peers.influencers >= 3 then peers.fee_per_post end as class_fee_per_post,
        case
            when graded.engagement is null or engagement_low is null then null
            when graded.engagement < engagement_low then 'below'
            when graded.engagement > engagement_high then 'above'
            else 'within'
        end as engagement_against_class,
        case
            when graded.fee_per_post is null or fee_low is null then null
            when graded.fee_per_post < fee_low then 'below'
            when graded.fee_per_post > fee_high then 'above'
            else 'within'
        end as fee_against_class,
        nullif(concat_ws(
            ',',
            case when graded.engagement < engagement_low / 3 then 'few_engage' end,
            case when graded.engagement > engagement_high * 5 then 'more_engage_than_likely' end,
            case when graded.engagement > 1 then 'more_engagements_than_followers' end,
            case when graded.followers >= 10000 and graded.orders = 0 and graded.posts > 0 and graded.engagement < engagement_low then 'no_sales' end
        ), '') as bought_follower_signs
    from valued as graded
    left join peers on graded.class = peers.class
)

select
    influencer,
    'all' as period_kind,
    least(
        coalesce(contract_signed_on, {{ local_date('first_sold_at') }}), coalesce({{ local_date('first_sold_at') }}, contract_signed_on)
    ) as period,
    platform,
    followers,
    class,
    posts,
    engagements,
    cast({{ rounded('engagement', 6) }} as double) as engagement_rate,
    engagement_low as class_engagement_low,
    engagement_high as class_engagement_high,
    cast({{ rounded('class_engagement', 6) }} as double) as class_engagement_median,
    engagement_against_class,
    fee,
    fee_currency,
    fee_company as costs,
    cast({{ rounded('fee_per_post', 4) }} as decimal(18, 4)) as fee_per_post,
    cast(fee_low as decimal(18, 4)) as class_fee_low,
    cast(fee_high as decimal(18, 4)) as class_fee_high,
    cast({{ rounded('class_fee_per_post', 4) }} as decimal(18, 4)) as class_fee_median,
    fee_against_class,
    bought_follower_signs,
    bought_follower_signs is not null as has_bought_follower_signs,
    not is_disclosed as is_disclosure_missing,
    contract_signed_on,
    not is_under_contract as is_contract_missing,
    orders,
    customers,
    new_customers,
    revenue,
    {{ company('currency') }} as currency,
    case when fee_company > 0 then cast({{ rounded('cast(revenue as double) / cast(fee_company as double)', 4) }} as double) end as roas,
    cast({{ rounded(per_cent_gained('revenue', 'fee_company'), 4) }} as double) as roi_percent,
    case when fee_company > 0 then cast({{ rounded('cast(fee_company as double) / nullif(new_customers, 0)', 4) }} as decimal(18, 4)) end as cac,
    case
        when not is_told_of then 'not_told_of'
        when is_without_rate then 'no_rate'
        when coalesce(fee_company, 0) <= 0 then 'no_fee'
        when coalesce(contract_signed_on, {{ local_date('first_sold_at') }}) > {{ date_after(local_date(today('last_midnight')), '-14') }} then 'too_early'
        when orders < {{ fewest_orders }} and (coalesce(posts, 0) = 0 or revenue_at_most is null or revenue_at_most * margin >= fee_company) then 'too_early'
        when revenue_at_least * margin >= fee_company then 'pays'
        when revenue_at_most * margin < fee_company then 'does_not_pay'
        else 'unclear'
    end as verdict
from judged
cross join (select coalesce(margin, 1) as margin from {{ source('control', 'measurement') }}) as settings
