{% set people %}
    (select * from {{ ref('newest_leads') }} where created_at >= {{ window_start() }})
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'received_in_window': ['created_at', '>=', 'window_start'],
        'is_open': "coalesce(status, '') not in " ~ option('closed_statuses'),
        'is_not_sold': 'not coalesce(' ~ is_sold('status') ~ ', false)',
    },
    anchor='created_at',
    reason={'received_at': 'created_at', 'status': 'status'},
    context={
        'lead_id': 'lead_id', 'form': 'form', 'campaign': 'campaign', 'supplier': 'supplier', 'purchase_intent_at': 'purchase_intent_at',
    },
) }}
