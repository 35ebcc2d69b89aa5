-- One row per identifier with a strong edge: the person it belongs to, a component or, where somebody said that it holds two
-- people, a piece of it.
{{ config(schema='graph', materialized='view') }}

select components.node, coalesce(pieces.piece, components.component) as person
from {{ ref('strong_components') }} as components
left join {{ ref('separated') }} as pieces on components.node = pieces.node
