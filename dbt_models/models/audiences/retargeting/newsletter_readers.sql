{% set people %}
    (select
        profile_id,
        opened,
        clicked,
        messages_read,
        greatest(last_opened_at, last_response_at) as last_read_at
    from {{ ref('email_engagement') }})
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'read_in_window': ['last_read_at', '>=', 'window_start'],
        'read_enough': ['messages_read', '>=', option('minimum_messages')],
    },
    anchor='last_read_at',
    reason={'last_read_at': 'last_read_at', 'opened': 'opened', 'clicked': 'clicked'},
) }}
