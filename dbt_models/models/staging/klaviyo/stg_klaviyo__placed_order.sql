-- One row per order that Klaviyo heard of: its Placed Order events, the newest for each order.
{{ config(enabled=feeds('klaviyo', 'event')) }}
{% set event_paths = ['$."$event_id"', '$.order_id', '$.OrderId', '$.currency', '$."$currency_code"'] %}
{% set person_paths = ['$.email'] %}
{% set about_event = json_picked('in_event', event_paths) %}
{% set about_person = json_picked('in_person', person_paths) %}

with raw as (
    select
        *,
        {{ json_pick('event_properties', event_paths) }} as in_event,
        {{ json_pick('person_properties', person_paths) }} as in_person
    from {{ source('raw_klaviyo', 'event') }}
),

placed as (
    select
        raw.*,
        coalesce({{ about_event.order_id }}, {{ about_event.OrderId }}, {{ about_event['"$event_id"'] }}) as order_id,
        coalesce({{ about_event.currency }}, {{ about_event['"$currency_code"'] }}) as currency
    from raw
    inner join {{ ref('stg_klaviyo__metric') }} as metrics on raw.metric_id = metrics.metric_id
    where metrics.name = 'placed order'
),

newest as (
    select *
    from placed
    where order_id is not null and value is not null
    qualify row_number() over (partition by order_id order by timestamp desc, id desc) = 1
)

select
    newest.order_id,
    null as customer_id,
    coalesce(people.email, normal_email.value) as email,
    people.phone,
    newest.timestamp as ordered_at,
    'paid' as status,
    null as vendor_status,
    upper(newest.currency) as currency,
    null as subtotal,
    null as discount,
    null as shipping,
    null as tax,
    newest.value as total,
    null as refunded_amount,
    null as refunded_at,
    null as coupon_codes,
    null as channel,
    null as heard_via,
    null as delivered_at,
    null as country,
    null as postal_code,
    null as updated_at,
    'klaviyo' as source,
    newest._batch
from newest
left join {{ ref('stg_klaviyo__person') }} as people on newest.person_id = people.contact_id
{{ normalised_email(about_person.email) }}
