{% set people %}
    (select
        profile_id,
        max(capped_until) as capped_until,
        {{ joined_texts("channel || ': ' || capped_by") }} as caps
    from {{ ref('message_pressure') }}
    group by 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={'enough_for_now': ['capped_until', '>', 'as_of']},
    anchor='capped_until',
    reason={'caps': 'caps', 'capped_until': 'capped_until'},
) }}
