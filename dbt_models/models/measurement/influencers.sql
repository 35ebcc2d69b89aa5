-- One row per influencer: their class by followers, how their engagement and fee per post compare with it, what speaks for bought
-- followers, what is missing of papers, and what the orders with their codes brought. An order belongs to the owner of the code,
-- whoever used it; of several owners' codes on one order, each has a part. Without a fee, a return is unknown, not endless.
{% set fewest_orders = 10 %}

with told as (
    select
        influencers.*,
        trim(influencers.influencer) as name
    from {{ ref('unified_influencers') }} as influencers
),

codes as (
    select distinct
        upper(trim(code)) as code,
        trim(influencer) as name,
        cast(valid_from as date) as valid_from,
        cast(valid_to as date) as valid_to
    from {{ ref('unified_promo_codes') }}
    where nullif(trim(influencer), '') is not null
),

coded as (
    select order_id, profile_id, ordered_at, {{ local_date('ordered_at') }} as ordered_on, net_company, replace(coupon_codes, ',', '|') as listed
    from {{ ref('person_orders') }}
    where is_revenue and coupon_codes is not null and ordered_at <= {{ as_of() }} and {{ is_outsider('profile_id') }}
),

uses as (
    select distinct coded.order_id, coded.profile_id, coded.ordered_at, coded.net_company, codes.name
    from (
        select coded.*, upper(trim(used.part)) as code
        from coded
        {{ split_rows('coded.listed', 'used') }}
    ) as coded
    inner join codes
        on coded.code = codes.code
        and (codes.valid_from is null or coded.ordered_on >= codes.valid_from)
        and (codes.valid_to is null or coded.ordered_on <= codes.valid_to)
),

placed as (
    select
        *,
        row_number() over (partition by order_id order by name) as place,
        count(*) over (partition by order_id) as places
    from uses
),

sold as (
    select
        placed.name,
        count(*) as orders,
        count(distinct placed.profile_id) as customers,
        count(distinct case when firsts.first_order_at = placed.ordered_at then placed.profile_id end) as new_customers,
        {{ money_sum('coalesce(sum(' ~ part_of_total('coalesce(placed.net_company, 0)', 'placed.place', 'placed.places') ~ '), 0)') }} as revenue,
        min(placed.ordered_at) as first_sold_at
    from placed
    left join {{ ref('order_totals') }} as firsts on placed.profile_id = firsts.profile_id
    group by 1
),

-- Whoever has a code and is not told of otherwise is one of them too.
everybody as (
    select name from told
    union
    select name from codes
),

graded as (
    select
        everybody.name,
        told.platform,
        told.followers,
        told.posts,
        told.engagements,
        classes.class,
        cast(classes.engagement_low as double) as engagement_low,
        cast(classes.engagement_high as double) as engagement_high,
        cast(classes.fee_low as double) as fee_low,
        cast(classes.fee_high as double) as fee_high,
        cast(told.engagements as double) / nullif(cast(told.posts as double) * told.followers, 0) as engagement,
        told.fee,
        coalesce(told.currency, {{ company('currency') }}) as fee_currency,
        told.fee_company,
        cast(told.fee_company as double) / nullif(told.posts, 0) as fee_per_post,
        told.disclosed,
        told.contract_signed_on,
        told.name is not null as is_told_of,
        coalesce(sold.orders, 0) as orders,
        coalesce(sold.customers, 0) as customers,
        coalesce(sold.new_customers, 0) as new_customers,
        coalesce(sold.revenue, 0) as revenue,
        sold.first_sold_at
    from everybody
    left join told on everybody.name = told.name
    left join sold on everybody.name = sold.name
    left join {{ ref('influencer_classes') }} as classes on told.followers >= classes.followers_from
    qualify row_number() over (partition by everybody.name order by classes.followers_from desc nulls last, told.source) = 1
),

-- What an order with any of their codes brings.
usual as (
    select cast(sum(revenue) as double) / nullif(sum(orders), 0) as order_value from graded
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
        {{ count_bound('graded.orders', '+') }} * usual.order_value as revenue_at_most,
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
    from graded
    cross join usual
    left join peers on graded.class = peers.class
)

select
    name as influencer,
    'all' as period_kind,
    least(
        coalesce(contract_signed_on, {{ local_date('first_sold_at') }}), coalesce({{ local_date('first_sold_at') }}, contract_signed_on)
    ) as period,
    platform,
    followers,
    class,
    posts,
    engagements,
    cast(round(engagement, 6) as double) as engagement_rate,
    engagement_low as class_engagement_low,
    engagement_high as class_engagement_high,
    cast(round(class_engagement, 6) as double) as class_engagement_median,
    engagement_against_class,
    fee,
    fee_currency,
    fee_company as costs,
    cast(round(fee_per_post, 4) as decimal(18, 4)) as fee_per_post,
    cast(fee_low as decimal(18, 4)) as class_fee_low,
    cast(fee_high as decimal(18, 4)) as class_fee_high,
    cast(round(class_fee_per_post, 4) as decimal(18, 4)) as class_fee_median,
    fee_against_class,
    bought_follower_signs,
    bought_follower_signs is not null as has_bought_follower_signs,
    disclosed is null or not disclosed as is_disclosure_missing,
    contract_signed_on,
    contract_signed_on is null as is_contract_missing,
    orders,
    customers,
    new_customers,
    revenue,
    {{ company('currency') }} as currency,
    cast(round(cast(revenue as double) / nullif(cast(fee_company as double), 0), 4) as double) as roas,
    cast(round(cast(revenue - fee_company as double) / nullif(cast(fee_company as double), 0) * 100, 4) as double) as roi_percent,
    cast(round(cast(fee_company as double) / nullif(new_customers, 0), 4) as decimal(18, 4)) as cac,
    case
        when not is_told_of then 'not_told_of'
        when fee is null or fee = 0 then 'no_fee'
        when fee_company is null then 'no_rate'
        when coalesce(contract_signed_on, {{ local_date('first_sold_at') }}) > {{ date_after(local_date(as_of()), '-14') }} then 'too_early'
        when orders < {{ fewest_orders }} and (coalesce(posts, 0) = 0 or revenue_at_most is null or revenue_at_most * margin >= fee_company) then 'too_early'
        when revenue * margin >= fee_company then 'pays'
        else 'does_not_pay'
    end as verdict
from judged
cross join (select coalesce(margin, 1) as margin from {{ source('control', 'measurement') }}) as settings
