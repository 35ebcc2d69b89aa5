{# An audience of people who were on the site in its window and ordered nothing in it. #}
{% macro site_visitors() %}
{% set people %}
    (select profile_id, last_visit_at, visits from {{ ref('site_visits') }} where last_visit_at >= {{ window_start() }})
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'visited_in_window': ['last_visit_at', '>=', 'window_start'],
        'left_alone': ['last_visit_at', '<=', 'quiet_since'],
    },
    anchor='last_visit_at',
    since='window_start',
    reason={'last_visit_at': 'last_visit_at', 'visits': 'visits'},
) }}
{% endmacro %}
