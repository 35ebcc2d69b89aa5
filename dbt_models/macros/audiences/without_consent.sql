{# An audience of people who have not granted every one of these purposes. Their number is large, so that the evidence is one text. #}
{% macro without_consent(purposes) %}
{% set people %}
    (select profile_id, count(*) filter (where status = 'granted') as granted
    from {{ ref('profile_consents') }}
    where purpose in ('{{ purposes | join("', '") }}')
    group by 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={'not_granted': ['granted', '<', purposes | length | string]},
    reason={'missing': "'" ~ purposes | join(' or ') ~ "'"},
) }}
{% endmacro %}
