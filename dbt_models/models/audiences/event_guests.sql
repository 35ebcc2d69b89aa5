-- One row per person who registered for an open day, a webinar or a fair: the registration that matters now, which is the next one to
-- come or else the latest one past.
with registrations as (
    {% for type in ['email', 'phone'] -%}
    select
        identifiers.profile_id,
        registrations.registration_id,
        registrations.event_name,
        lower(trim(registrations.event_kind)) as event_kind,
        registrations.starts_at,
        registrations.city,
        registrations.postal_code,
        coalesce(lower(trim(registrations.status)), 'registered') as status
    from {{ ref('unified_event_registrations') }} as registrations
    inner join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = '{{ type }}' and identifiers.identifier = registrations.{{ type }}
    -- A row goes by its address, and by its number only where it names no address.
    where registrations.starts_at is not null{{ ' and registrations.email is null' if type == 'phone' }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    registrations.*,
    registrations.starts_at >= run.as_of as is_to_come
from registrations
cross join {{ source('control', 'run') }} as run
qualify row_number() over (
    partition by registrations.profile_id
    order by
        case when registrations.starts_at >= run.as_of then 0 else 1 end,
        case when registrations.starts_at >= run.as_of then registrations.starts_at end,
        registrations.starts_at desc,
        registrations.registration_id desc
) = 1
