-- One row per person, model and feature that speaks for or against, compared with what it counts for on average: in log-odds, the
-- strongest first. What somebody has not done or told speaks too. Of a model with trees, these are its points alone.
{{ config(materialized='view') }}

with features as (
    select model, feature, typical from {{ ref('prediction_bins') }} where bin = 0
),

weighed as (
    select
        candidates.profile_id,
        candidates.model,
        features.feature,
        terms.number,
        terms.category,
        coalesce(terms.points, 0) - features.typical as contribution
    from {{ ref('prediction_candidates') }} as candidates
    inner join features on candidates.model = features.model
    left join {{ ref('prediction_terms') }} as terms
        on candidates.model = terms.model and candidates.profile_id = terms.profile_id and features.feature = terms.feature
)

select
    profile_id,
    model,
    feature,
    coalesce(category, cast({{ rounded('number', 2) }} as string)) as value,
    {{ rounded('contribution', 6) }} as contribution,
    row_number() over (partition by profile_id, model order by abs({{ rounded('contribution', 6) }}) desc, feature) as rank
from weighed
where abs(contribution) > 0.000001
