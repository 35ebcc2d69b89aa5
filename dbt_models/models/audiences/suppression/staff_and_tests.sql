{{ audience_candidates(
    people="(select * from " ~ ref('internal_people') ~ ")",
    clauses={'is_one_of_us': 'true'},
    reason={'reason': 'reason'},
) }}
