-- One row per device, day and set of identifiers that web events carried together, an order under its one id: its other names may
-- become known long after the events came.
{{ config(materialized='view') }}

select
    links.source,
    links.anonymous_id,
    links.user_id,
    links.email,
    links.phone,
    {{ known_as('links.order_id') }} as order_id,
    links.previous_id,
    links.advertising_id,
    links.ga_client_id,
    links.fbp,
    links.click_id_type,
    links.click_id,
    links.first_seen,
    links.last_seen,
    links.first_message_id,
    links.last_message_id,
    links.observations,
    links._batch
from {{ ref('event_links') }} as links
{{ known_order('links.source', 'links.order_id') }}
