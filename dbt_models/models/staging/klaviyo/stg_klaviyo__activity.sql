-- One row per event in Klaviyo, with the name of its metric and the person it is about. Its own tables of persons may lack somebody
-- (deleted, merged), whom the event still names.
{{ config(enabled=feeds('klaviyo', 'event')) }}
{% set person_paths = ['$.email', '$.phone_number'] %}
{% set about_person = json_picked('in_person', person_paths) %}

with raw as (
    select
        *,
        {{ json_pick('person_properties', person_paths) }} as in_person
    from {{ source('raw_klaviyo', 'event') }}
)

select
    raw.id as event_id,
    metrics.name as metric,
    coalesce(people.email, normal_email.value) as email,
    coalesce(people.phone, normal_phone.value) as phone,
    raw._happened_at as occurred_at,
    raw.value,
    raw.campaign_id,
    raw.flow_id,
    raw.flow_message_id,
    raw.event_properties as properties,
    raw._extra as traits,
    raw._batch
from raw
inner join {{ ref('stg_klaviyo__metric') }} as metrics on raw.metric_id = metrics.metric_id
left join {{ ref('stg_klaviyo__person') }} as people on raw.person_id = people.contact_id
{{ normalised_email(about_person.email) }}
{{ normalised_phone(about_person.phone_number) }}
