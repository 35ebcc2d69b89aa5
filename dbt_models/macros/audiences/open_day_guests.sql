{#
    The audience of people of some lifecycle stages (option `stages`) who live within reach of an open day to come and have not
    registered for it; of several days, the first. Within reach: in the same country, with as many first characters of the postal code
    the same as option `postal_characters` says; of a day without a postal code, in the same city.
#}
{% macro open_day_guests() %}
{% set people %}
    (with coming as (
        select
            days.*,
            substr(days.postal_code, 1, {{ option('postal_characters') }}) as area
        from {{ ref('open_days') }} as days
        cross join {{ source('control', 'run') }} as run
        where days.event_kind in {{ option('event_kinds') }}
          and days.starts_at > {{ hours_before('run.as_of', '-24 * ' ~ option('least_days_ahead')) }}
          and days.starts_at <= {{ hours_before('run.as_of', '-24 * ' ~ option('days_ahead')) }}
    ),

    people as (
        select
            profile_id,
            city,
            postal_code,
            coalesce(country, {{ company('country') }}) as country,
            last_seen_at
        from {{ ref('profiles') }}
        where lifecycle_stage in {{ option('stages') }}
          and last_seen_at >= {{ window_start() }}
          and (postal_code is not null or city is not null)
    ),

    in_reach as (
        select people.profile_id, people.last_seen_at, coming.event_name, coming.starts_at, coming.city
        from people
        inner join coming
            on people.country = coming.country and substr(people.postal_code, 1, {{ option('postal_characters') }}) = coming.area
        union all
        select people.profile_id, people.last_seen_at, coming.event_name, coming.starts_at, coming.city
        from people
        inner join coming
            on people.country = coming.country and coming.area is null and {{ folded('people.city') }} = {{ folded('coming.city') }}
    ),

    registered as (
        {% for type in ['email', 'phone'] -%}
        select identifiers.profile_id, told.event_name, told.starts_at
        from {{ ref('unified_event_registrations') }} as told
        inner join {{ ref('identifiers') }} as identifiers
            on identifiers.identifier_type = '{{ type }}' and identifiers.identifier = told.{{ type }}
        where told.starts_at > {{ as_of() }}
        {{ 'union' if not loop.last }}
        {% endfor %}
    )

    select in_reach.*
    from in_reach
    left join registered
        on in_reach.profile_id = registered.profile_id
        and in_reach.event_name = registered.event_name
        and in_reach.starts_at = registered.starts_at
    where registered.profile_id is null
    qualify row_number() over (partition by in_reach.profile_id order by in_reach.starts_at, in_reach.event_name) = 1)
{% endset %}
{{ audience_candidates(
    people=people | trim,
    clauses={
        'open_day_in_reach': 'event_name is not null',
        'seen_in_window': ['last_seen_at', '>=', 'window_start'],
    },
    anchor='starts_at',
    reason={'event': 'event_name', 'starts_at': 'starts_at', 'city': 'city'},
    context={'event': 'event_name', 'starts_at': 'starts_at', 'city': 'city'},
) }}
{% endmacro %}
