-- One row per identifier with its person, as the data says now.
-- A person is named after their oldest identifier (by event time, ties by type and value): a function of the data alone,
-- so that neither the order of arrival nor a rebuild changes the name. Whoever loses an identifier to another person thereby gives
-- the name it bears back.
with members as (
    select
        people.identifier_type,
        people.identifier,
        people.own_id,
        people.person,
        seen.first_seen
    from {{ ref('people') }} as people
    inner join {{ ref('observed_identifiers') }} as seen
        on people.identifier_type = seen.identifier_type and people.identifier = seen.identifier
    left join {{ ref('refused_identifiers') }} as refused
        on people.identifier_type = refused.identifier_type and people.identifier = refused.identifier
    left join (
        select left_node as node from {{ ref('judged_links') }} where rule = 'must_link' and refused_reason is null
        union
        select right_node from {{ ref('judged_links') }} where rule = 'must_link' and refused_reason is null
    ) as vouched_for on people.node = vouched_for.node
    where refused.reason is null or vouched_for.node is not null
),

names as (
    select
        person,
        {{ oldest_of('own_id', ["coalesce(first_seen, timestamp '9999-12-31 00:00:00')", 'identifier_type', 'identifier']) }} as profile_id
    from members
    group by person
    -- Cookies and clicks that belong to nobody are nobody either: no event goes by them.
    having max(case when identifier_type in ('click_id', 'fbp', 'ga_client_id', 'advertising_id') then 0 else 1 end) = 1
)

select
    members.identifier_type,
    members.identifier,
    members.first_seen,
    names.profile_id,
    members.own_id
from members
inner join names on members.person = names.person
