-- One row per identifier that names a person (all but devices), with the component it belongs to.
-- Devices come later: they are weak, and two people who share one must not become one person through it.
{% set nodes = ref('strong_nodes') %}
{% set edges = ref('strong_edges') %}
with components as (
    {{ connected_components(nodes, edges) }}
)

select nodes.identifier_type, nodes.identifier, nodes.first_seen, components.component
from components
inner join {{ nodes }} as nodes on components.node = nodes.node
