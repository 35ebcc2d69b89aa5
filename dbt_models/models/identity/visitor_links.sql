-- One row per device, day and set of identifiers that web events carried together, an order under its one id: its other names may
-- become known long after the events came. The id that an alias call leaves behind is a login where somebody logged in with it,
-- else a device.
{{ config(materialized='view') }}

with former_logins as (
    select distinct previous_id
    from {{ ref('event_links') }}
    where previous_id is not null and previous_id in (select user_id from {{ ref('event_links') }} where user_id is not null)
)

select
    links.source,
    links.anonymous_id,
    links.user_id,
    links.email,
    links.phone,
    {{ known_as('links.order_id') }} as order_id,
    links.advertising_id,
    links.ga_client_id,
    links.fbp,
    links.click_id_type || ':' || links.click_id as click_id,
    links.previous_id,
    case when former_logins.previous_id is not null then 'user_id' else 'anonymous_id' end as previous_type,
    links.first_seen,
    links.last_seen,
    links.first_message_id,
    links.last_message_id,
    links.observations,
    links._batch
from {{ ref('event_links') }} as links
{{ known_order('links.source', 'links.order_id') }}
left join former_logins on links.previous_id = former_logins.previous_id
