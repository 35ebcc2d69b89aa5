-- One row per identifier with its person, as the data says now.
-- A person is named after their oldest identifier (by event time, ties by type and value): a function of the data alone,
-- so that neither the order of arrival nor a rebuild changes the name.
with members as (
    select identifier_type, identifier, first_seen, 'c' || cast(component as varchar(20)) as person
    from {{ ref('strong_components') }}
    union all
    select
        devices.identifier_type,
        devices.identifier,
        devices.first_seen,
        case when owners.people = 1 then 'c' || cast(owners.component as varchar(20)) else 'd' || devices.identifier end as person
    from {{ ref('observed_identifiers') }} as devices
    left join {{ ref('device_owners') }} as owners on devices.identifier = owners.anonymous_id
    where devices.identifier_type = 'anonymous_id'
),

named as (
    select
        identifier_type,
        identifier,
        first_seen,
        min(coalesce(cast(first_seen as varchar(30)), '9') || '|' || identifier_type || '|' || identifier) over (partition by person) as oldest
    from members
)

select
    identifier_type,
    identifier,
    first_seen,
    'p' || substr({{ sha256("substr(oldest, position('|' in oldest) + 1)") }}, 1, 20) as profile_id
from named
