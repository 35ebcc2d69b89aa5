-- One row per identifier, with a number for the graph that it keeps, and the id that a person named after it has.
-- Numbers follow the order of arrival and mean nothing; whatever stands in the schema `graph` is the solver's own.
{{ config(schema='graph', materialized='incremental', incremental_strategy='append', post_hook='{{ drop_vanished_nodes() }}') }}

with seen as (
    select * from {{ ref('observed_identifiers') }} as seen_now
    {% if is_incremental() %}
    where not exists (
        select 1 from {{ this }} as known
        where known.identifier_type = seen_now.identifier_type and known.identifier = seen_now.identifier
    )
    {% endif %}
)

select
    cast(
        {% if is_incremental() %}(select coalesce(max(node), 0) from {{ this }}) + {% endif -%}
        row_number() over (order by seen.identifier_type, seen.identifier) as integer
    ) as node,
    seen.identifier_type,
    seen.identifier,
    coalesce(types.tier, 4) as tier,
    coalesce(types.names_person, false) as names_person,
    'p' || substr({{ sha256("seen.identifier_type || '|' || seen.identifier") }}, 1, 20) as own_id
from seen
left join {{ ref('identifier_types') }} as types on seen.identifier_type = types.identifier_type
