{#
    An audience of people by what became of their registration for an event.

    status:     registered (with those to come, events of which nobody has told yet who came), attended or no_show
    customers:  true for people who were customers before the event began; of all others the YAML's goal says whether they became one
#}
{% macro event_guests_who(status, customers=false) %}
{% set people %}
    (select guests.*, customers.since
    from {{ ref('event_guests') }} as guests
    left join (
        select profile_id, reached_at as since from {{ ref('goal_moments') }} where goal = 'conversion'
    ) as customers on guests.profile_id = customers.profile_id
    where guests.status = '{{ status }}'
    qualify row_number() over (partition by guests.profile_id order by case when guests.is_to_come then 0 else 1 end) = 1)
{% endset %}
{% set clauses = {
    'starts_in_window': ['starts_at', '>=', 'window_start'],
    'of_a_kind': '(event_kind is null or event_kind in ' ~ option('event_kinds') ~ ')',
} %}
{% if customers %}{% do clauses.update({'is_customer': ['since', '<=', 'least(starts_at, as_of)']}) %}{% endif %}
{{ audience_candidates(
    people=people | trim,
    clauses=clauses,
    anchor='starts_at',
    reason={'event': 'event_name', 'starts_at': 'starts_at', 'status': 'status'},
    context={'event': 'event_name', 'event_kind': 'event_kind', 'starts_at': 'starts_at', 'city': 'city'},
) }}
{% endmacro %}
