-- One or two rows per person who registered for an open day, a webinar or a fair: of events to come the next, of those past the latest.
-- A registration that was cancelled is none.
with registrations as (
    select
        coalesce(addresses.profile_id, numbers.profile_id) as profile_id,
        told.registration_id,
        told.event_name,
        told.event_kind,
        told.starts_at,
        told.city,
        told.postal_code,
        told.starts_at >= run.as_of as is_to_come,
        -- Of an event to come, nobody knows yet who comes, though they may by the day of a run that looks back.
        case when told.starts_at < run.as_of then coalesce(told.status, 'registered') else 'registered' end as status
    from {{ ref('unified_event_registrations') }} as told
    cross join {{ source('control', 'run') }} as run
    left join {{ ref('identifiers') }} as addresses on addresses.identifier_type = 'email' and addresses.identifier = told.email
    -- By the number where the address stands for nobody.
    left join {{ ref('identifiers') }} as numbers on numbers.identifier_type = 'phone' and numbers.identifier = told.phone
    where told.starts_at is not null
      and coalesce(told.status, 'registered') in ('registered', 'attended', 'no_show')
      and (addresses.profile_id is not null or numbers.profile_id is not null)
)

select *
from registrations
qualify row_number() over (
    partition by profile_id, is_to_come
    order by
        case when is_to_come then starts_at end,
        starts_at desc,
        registration_id desc
) = 1
