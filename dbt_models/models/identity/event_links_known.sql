-- One row per load batch and set of identifiers that web events carried together, an order under its one id: its other names may
-- become known long after the events came.
{{ config(materialized='view') }}

select
    links._batch,
    links.source,
    links.anonymous_id,
    links.user_id,
    links.email,
    links.phone,
    {{ known_as('links.order_id') }} as order_id,
    links.first_seen,
    links.last_seen,
    links.observations
from {{ ref('event_links') }} as links
{{ known_order('links.source', 'links.order_id') }}
