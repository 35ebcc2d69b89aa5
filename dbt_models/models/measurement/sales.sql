-- One row per sale: a purchase, or the first payment of a subscription. One that is told as an order too, of the same person on the same
-- day, is one sale: the order. Later payments are sales where a source tells them as orders; what nobody tells is not made up.
with told as (
    select
        kind,
        conversion_id,
        profile_id,
        occurred_at,
        {{ local_date('occurred_at') }} as sold_on,
        net_company,
        not {{ sold_off_site('channel') }} as is_on_site
    from {{ ref('conversions') }}
    where kind in ('purchase', 'subscription')
),

ordered as (
    select distinct profile_id, sold_on from told where kind = 'purchase'
)

select told.*
from told
left join ordered on told.profile_id = ordered.profile_id and told.sold_on = ordered.sold_on
where told.kind = 'purchase' or ordered.profile_id is null
