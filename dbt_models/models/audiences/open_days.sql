-- One row per event to come that people can be invited to: those of the seed coming_events, and those that somebody has registered for.
-- The place of the latter is what all their registrations say; a postal code that one person alone told may be that person's own.
{{ config(materialized='view') }}

with announced as (
    select
        event_name,
        lower(trim(event_kind)) as event_kind,
        {{ utc_moment('starts_at') }} as starts_at,
        city,
        postal_code,
        coalesce(upper(trim(country)), {{ company('country') }}) as country
    from {{ ref('coming_events') }}
),

registered_for as (
    select
        event_name,
        lower(trim(event_kind)) as event_kind,
        starts_at,
        case when min(city) = max(city) then min(city) end as city,
        case when count(*) > 1 and min(postal_code) = max(postal_code) then min(postal_code) end as postal_code,
        {{ company('country') }} as country
    from {{ ref('unified_event_registrations') }}
    group by event_name, lower(trim(event_kind)), starts_at
)

select announced.*
from announced
cross join {{ source('control', 'run') }} as run
where announced.starts_at > run.as_of
union all
select registered_for.*
from registered_for
cross join {{ source('control', 'run') }} as run
left join announced on registered_for.event_name = announced.event_name and registered_for.starts_at = announced.starts_at
where registered_for.starts_at > run.as_of and announced.event_name is null
