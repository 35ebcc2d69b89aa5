{#
    An audience of leads who have not converted, by how warm they are.

    warmth: clauses (as audience_candidates takes them) over grade, score and created_at (the newest time they asked). Whoever has no
            score has no grade either: by when they asked they are judged then.
#}
{% macro open_leads(warmth={}) %}
{% set people %}
    (select
        asked.profile_id,
        asked.created_at,
        asked.form,
        asked.campaign,
        asked.purchase_intent_at,
        scores.score,
        scores.grade
    from {{ ref('newest_leads') }} as asked
    left join {{ ref('leads') }} as scores on asked.profile_id = scores.profile_id)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses=dict({'asked_in_window': ['created_at', '>=', 'window_start']}, **warmth),
    anchor='created_at',
    reason={'asked_at': 'created_at', 'score': 'score', 'grade': 'grade'},
    context={'form': 'form', 'campaign': 'campaign', 'purchase_intent_at': 'purchase_intent_at'},
) }}
{% endmacro %}

{# Whether a lead has one of the audience's grades or, without any, asked in the days up to now that its option says. #}
{% macro of_grades() -%}
coalesce(grade in {{ option('grades') }}, created_at >= {{ days_before('as_of', option('days_without_score')) }})
{%- endmacro %}
