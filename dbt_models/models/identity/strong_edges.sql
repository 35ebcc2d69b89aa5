-- One row per two numbered identifiers that belong together.
select distinct left_nodes.node as a, right_nodes.node as b
from {{ ref('observed_links') }} as links
inner join {{ ref('strong_nodes') }} as left_nodes
    on links.left_type = left_nodes.identifier_type and links.left_identifier = left_nodes.identifier
inner join {{ ref('strong_nodes') }} as right_nodes
    on links.right_type = right_nodes.identifier_type and links.right_identifier = right_nodes.identifier
left join {{ ref('refused_links') }} as refused
    on links.left_type = refused.left_type and links.left_identifier = refused.left_identifier
    and links.right_type = refused.right_type and links.right_identifier = refused.right_identifier
where refused.reason is null
