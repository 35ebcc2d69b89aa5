{% set people %}
    (with moves as (
        select
            profile_id,
            moved_from,
            moved_to,
            moved_at,
            row_number() over (partition by profile_id order by position desc) as recency
        from {{ ref('movements') }}
        where kind = 'rfm_segment'
    )

    select
        moves.profile_id,
        moves.moved_from,
        moves.moved_to,
        moves.moved_at,
        rfm.monetary,
        rfm.recency_days
    from moves
    -- Who has moved on since is where the last move led.
    inner join {{ ref('rfm') }} as rfm on moves.profile_id = rfm.profile_id and moves.moved_to = rfm.rfm_segment
    where moves.recency = 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'was_among_the_best': 'moved_from in ' ~ option('from_segments'),
        'slipped': 'moved_to in ' ~ option('to_segments'),
        'within_window': ['moved_at', '>=', 'window_start'],
    },
    anchor='moved_at',
    value='monetary',
    reason={'moved_from': 'moved_from', 'moved_to': 'moved_to', 'moved_at': 'moved_at', 'recency_days': 'recency_days'},
) }}
