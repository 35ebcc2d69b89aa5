-- One row per observed link, numbered for the graph: its tier, the weaker of its ends', and why it joins nobody, where that is plain
-- without looking at whom else its ends belong to.
{{ config(schema='graph') }}

select
    links.*,
    left_nodes.node as left_node,
    right_nodes.node as right_node,
    case when links.rule = 'must_link' then 0 else greatest(left_nodes.tier, right_nodes.tier) end as tier,
    case
        when links.rule <> 'must_link' then coalesce(left_refused.reason, right_refused.reason, refused.reason)
        -- Somebody's word beats a limit, but makes nobody of a placeholder.
        when left_refused.reason <> 'fan_out' then left_refused.reason
        when right_refused.reason <> 'fan_out' then right_refused.reason
    end as refused_reason
from {{ ref('observed_links') }} as links
inner join {{ ref('nodes') }} as left_nodes
    on links.left_type = left_nodes.identifier_type and links.left_identifier = left_nodes.identifier
inner join {{ ref('nodes') }} as right_nodes
    on links.right_type = right_nodes.identifier_type and links.right_identifier = right_nodes.identifier
left join {{ ref('refused_identifiers') }} as left_refused
    on links.left_type = left_refused.identifier_type and links.left_identifier = left_refused.identifier
left join {{ ref('refused_identifiers') }} as right_refused
    on links.right_type = right_refused.identifier_type and links.right_identifier = right_refused.identifier
left join {{ ref('refused_links') }} as refused
    on links.left_type = refused.left_type and links.left_identifier = refused.left_identifier
    and links.right_type = refused.right_type and links.right_identifier = refused.right_identifier
