-- One row per person: what consent policies ask of them. Where a person's country is unknown, the company's region holds; where it has
-- no policy of its own, the strictest does.
with traits as (
    select
        profile_id,
        max(case when field = 'country' then value end) as country,
        max(case when field = 'person_kind' then value end) as person_kind
    from {{ ref('profile_fields') }}
    where field in ('country', 'person_kind')
    group by profile_id
)

select
    people.profile_id,
    people.is_known,
    people.first_seen_at,
    coalesce(regions.region, elsewhere.region) as region,
    coalesce(traits.person_kind, '') = 'professional' as is_professional,
    -- Whoever pays for a subscription buys on.
    greatest(orders.last_order_at, subscribers.last_paid_at) as last_sale_at,
    actions.last_action_at
from {{ ref('profile_people') }} as people
left join traits on people.profile_id = traits.profile_id
left join {{ source('control', 'consent_regions') }} as regions on coalesce(traits.country, '') = regions.country
left join {{ source('control', 'consent_regions') }} as elsewhere on elsewhere.country = '*'
left join {{ ref('order_totals') }} as orders on people.profile_id = orders.profile_id
left join {{ ref('subscribers') }} as subscribers on people.profile_id = subscribers.profile_id
left join {{ ref('last_actions') }} as actions on people.profile_id = actions.profile_id
