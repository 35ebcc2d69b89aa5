-- One row per identifier that stands for somebody: the person it belongs to, once all tiers have been heard.
{{ config(schema='graph', materialized='view') }}

select
    nodes.node,
    nodes.identifier_type,
    nodes.identifier,
    nodes.own_id,
    coalesce(weak.person, strong.person, nodes.node) as person,
    coalesce(weak.is_shared, false) as is_shared
from {{ ref('nodes') }} as nodes
left join {{ ref('strong_people') }} as strong on nodes.node = strong.node
left join {{ ref('click_people') }} as weak on coalesce(strong.person, nodes.node) = weak.component
