{# One row per person and event attended, told by several sources or registrations: the first of them. #}
{% macro attendances() -%}
(
    select people.profile_id, told.source, told.registration_id, told.event_name, told.event_kind, told.starts_at
    from {{ ref('unified_event_registrations') }} as told
    inner join {{ ref('identifiers') }} as people
        on people.identifier_type = case when told.email is not null then 'email' else 'phone' end
        and people.identifier = coalesce(told.email, told.phone)
    where told.status = 'attended'
    qualify row_number() over (
        partition by people.profile_id, told.event_name, told.starts_at order by told.source, told.registration_id
    ) = 1
)
{%- endmacro %}
