-- One row per audience and candidate, as its model tells them, before audiences look at each other.
{{ config(materialized='view') }}

{% for name in audience_names(['retargeting', 'remarketing', 'suppression']) %}
select '{{ name }}' as audience, profile_id, clauses, clauses_met, blocked_by, anchor_at, value, offers, reason, context
from {{ ref(name) }}
{{ 'union all' if not loop.last }}
{% endfor %}
