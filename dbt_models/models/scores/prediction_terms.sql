-- One row per person, model and feature of it that is there: the value as of prediction_moment, its bin and what that counts for.
{% set candidates %}(
    select distinct candidates.example, now.moment, candidates.lead
    from {{ ref('prediction_candidates') }} as candidates
    cross join {{ ref('prediction_moment') }} as now
){% endset %}
{% set members %}(
    select candidates.example, identifiers.identifier_type, identifiers.identifier
    from (select distinct example, profile_id from {{ ref('prediction_candidates') }}) as candidates
    inner join {{ ref('identifiers') }} as identifiers on candidates.profile_id = identifiers.profile_id
){% endset %}

with known as (
    {{ features_at(candidates, members) | indent(4) }}
),

wanted as (
    select distinct model, feature, kind from {{ ref('prediction_bins') }} where bin = 1
),

-- In two steps: joined at once, the engine may pair all candidates with all features first, of which most are not there.
told as (
    select
        wanted.model,
        known.example,
        known.feature,
        wanted.kind,
        case when wanted.kind = 'number' then known.number end as number,
        case when wanted.kind = 'category' then known.category end as category
    from known
    inner join wanted on known.feature = wanted.feature
    where case when wanted.kind = 'number' then known.number is not null else known.category is not null end
),

valued as (
    select told.model, candidates.profile_id, told.feature, told.kind, told.number, told.category
    from told
    inner join {{ ref('prediction_candidates') }} as candidates on told.example = candidates.example and told.model = candidates.model
)

select
    valued.model,
    valued.profile_id,
    valued.feature,
    valued.number,
    valued.category,
    bins.place,
    bins.bin,
    bins.rank,
    bins.points
from valued
left join {{ ref('prediction_bins') }} as named
    on valued.model = named.model and valued.feature = named.feature and valued.category = named.category
inner join {{ ref('prediction_bins') }} as bins
    on valued.model = bins.model
    and valued.feature = bins.feature
    and bins.bin > 0
    and case
        when valued.kind = 'number' then (bins.low is null or valued.number > bins.low) and (bins.high is null or valued.number <= bins.high)
        else coalesce(bins.category, '') = coalesce(named.category, '')
    end
