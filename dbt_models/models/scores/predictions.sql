-- One row per person and model that has something to say of them: how likely it is to happen within the model's days, by which method,
-- and why by that one. Where nothing can be said, the probability is NULL.
with sums as (
    select model, profile_id, sum(cast(points as decimal(18, 6))) as points
    from {{ ref('prediction_terms') }}
    group by model, profile_id
),

leaves as (
    {{ leaf_sums(ref('prediction_nodes'), ref('prediction_candidates'), ref('prediction_terms'), ref('prediction_bins')) | indent(4) }}
),

totals as (
    select
        candidates.profile_id,
        candidates.model,
        fits.method,
        fits.method_reason,
        fits.fit_at,
        fits.days,
        fits.intercept + cast(coalesce(sums.points, 0) as double) + cast(coalesce(leaves.value, 0) as double) as margin
    from {{ ref('prediction_candidates') }} as candidates
    inner join {{ ref('prediction_fits') }} as fits on candidates.model = fits.model
    left join sums on candidates.model = sums.model and candidates.profile_id = sums.profile_id
    left join leaves on candidates.model = leaves.model and candidates.profile_id = leaves.profile_id
)

select
    profile_id,
    model,
    -- To six digits: the last ones of an exponential differ from machine to machine.
    {{ rounded('1 / (1 + exp(-least(greatest(margin, -30), 30)))', 6) }} as probability,
    {{ rounded('margin', 6) }} as log_odds,
    days,
    method,
    method_reason,
    fit_at as model_fit_at
from totals
