{{ audience_candidates(
    people=silent_prospects() | trim,
    clauses={
        'silent_for_long': ['last_action_at', '<=', days_before('as_of', option('silent_days'))],
        'within_window': ['last_action_at', '>=', 'window_start'],
        'takes_mail': 'email is not null and email_bounced_at is null',
    },
    anchor='last_action_at',
    reason={'last_action_at': 'last_action_at'},
) }}
