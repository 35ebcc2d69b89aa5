{% set people %}
    (select
        identifiers.profile_id,
        sum(days.times) as downloads,
        max(days.last_at) as last_download_at,
        {{ newest('days.event', 'days.last_at') }} as last_event
    from {{ ref('event_days') }} as days
    inner join {{ ref('identifiers') }} as identifiers
        on days.identifier_type = identifiers.identifier_type and days.identifier = identifiers.identifier
    where days.event in {{ option('events') }} and days.last_at >= {{ window_start() }}
    group by 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'downloaded_in_window': ['last_download_at', '>=', 'window_start'],
        'downloaded_enough': ['downloads', '>=', option('minimum_downloads')],
        'left_alone': ['last_download_at', '<=', 'quiet_since'],
    },
    anchor='last_download_at',
    reason={'last_download_at': 'last_download_at', 'downloads': 'downloads', 'event': 'last_event'},
) }}
