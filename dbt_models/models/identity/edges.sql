-- One row per observed link: whether it joins its ends into one person and, where not, why not; and the first and last row that
-- tells of it (message ids, or the keys of contacts, orders and so on), as evidence.
with kept_apart as (
    select distinct people.person
    from {{ ref('people') }} as people
    inner join (
        select a as node from {{ ref('forbidden_pairs') }}
        union
        select b from {{ ref('forbidden_pairs') }}
    ) as forbidden on people.node = forbidden.node
),

judged as (
    select
        links.*,
        case
            when links.refused_reason is not null then links.refused_reason
            when lefts.person = rights.person then null
            when links.tier <= 2 or left_apart.person is not null or right_apart.person is not null then 'cannot_link'
            when links.tier = 3 then 'two_people'
            when links.left_type = 'phone' and lefts.is_shared or links.right_type = 'phone' and rights.is_shared then 'two_people'
            when links.tier = 4 then 'shared_device'
            else 'shared_click'
        end as reason
    from {{ ref('judged_links') }} as links
    inner join {{ ref('people') }} as lefts on links.left_node = lefts.node
    inner join {{ ref('people') }} as rights on links.right_node = rights.node
    left join kept_apart as left_apart on lefts.person = left_apart.person
    left join kept_apart as right_apart on rights.person = right_apart.person
)

select
    left_type,
    left_identifier,
    right_type,
    right_identifier,
    rule,
    tier,
    first_seen,
    last_seen,
    observations,
    source,
    case when first_id is not null then {{ json_object({'first': 'first_id', 'last': 'last_id'}) }} end as evidence,
    reason is null as accepted,
    reason as refused_reason
from judged
