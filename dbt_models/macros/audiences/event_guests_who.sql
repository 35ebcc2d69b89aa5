{# An audience of people by what became of their registration for an event: registered, attended or no_show. #}
{% macro event_guests_who(status) %}
{{ audience_candidates(
    people="(select * from " ~ ref('event_guests') ~ " where status = '" ~ status ~ "')",
    clauses={
        'starts_in_window': ['starts_at', '>=', 'window_start'],
        'of_a_kind': '(event_kind is null or event_kind in ' ~ option('event_kinds') ~ ')',
    },
    anchor='starts_at',
    reason={'event': 'event_name', 'starts_at': 'starts_at', 'status': 'status'},
    context={'event': 'event_name', 'event_kind': 'event_kind', 'starts_at': 'starts_at', 'city': 'city'},
) }}
{% endmacro %}
