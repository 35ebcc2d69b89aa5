-- One row per model: what it was learnt from, how well it did on people and times it had not seen, by which method it speaks and why,
-- and how far the people of today have drifted from those it was learnt from.
{% set figures = ['auc', 'lift', 'brier', 'brier_base', 'slope', 'examples', 'events'] %}
{% set paths = ['$.examples', '$.stands_for', '$.events', '$.event_rate', '$.first_moment', '$.last_moment', '$.rules', '$.features', '$.left_out'] %}
{% for judged in ['time', 'random', 'all_random'] %}{% for figure in figures %}{% do paths.append('$.' ~ judged ~ '.' ~ figure) %}{% endfor %}{% endfor %}
{% for judged in ['rules_time', 'logistic_time', 'logistic_random', 'boosting_time', 'boosting_random'] %}{% do paths.append('$.' ~ judged ~ '.auc') %}{% endfor %}
{% set given = json_picked('told', paths) %}
{% set band = json_picked('told', ['$.band', '$.upto', '$.share']) %}

with fits as (
    select *, {{ json_pick('card', paths) }} as told
    from {{ ref('prediction_fits') }}
),

bands as (
    select
        model,
        cast({{ band.band }} as integer) as band,
        cast({{ band.upto }} as double) as upto,
        cast({{ band.share }} as double) as share
    from (
        select fits.model, {{ json_pick('bands.record', ['$.band', '$.upto', '$.share']) }} as told
        from {{ ref('prediction_fits') }} as fits
        {{ json_unnest('fits.bands', 'bands') }}
    ) as read
),

placed as (
    select predictions.model, count(bands.upto) as band
    from {{ ref('predictions') }} as predictions
    left join bands on predictions.model = bands.model and predictions.log_odds > bands.upto
    where predictions.probability is not null
    group by predictions.model, predictions.profile_id
),

today as (
    select
        bands.model,
        bands.share,
        count(placed.band) as people,
        cast(sum(count(placed.band)) over (partition by bands.model) as bigint) as scored,
        count(*) over (partition by bands.model) as bands
    from bands
    left join placed on bands.model = placed.model and bands.band = placed.band
    group by bands.model, bands.band, bands.share
),

-- Population stability index; half a person is added to each band, so that none is empty.
drift as (
    select
        model,
        max(scored) as scored,
        sum(
            (cast(people + 0.5 as double) / (scored + 0.5 * bands) - greatest(share, 0.001))
            * ln(cast(people + 0.5 as double) / (scored + 0.5 * bands) / greatest(share, 0.001))
        ) as psi
    from today
    group by model
)

select
    fits.model,
    fits.method,
    fits.method_reason,
    fits.fit_at,
    fits.days,
    cast({{ given.examples }} as bigint) as examples,
    cast({{ given.stands_for }} as bigint) as stands_for,
    cast({{ given.events }} as bigint) as events,
    cast({{ given.event_rate }} as double) as event_rate,
    cast({{ given.first_moment }} as timestamp) as first_moment,
    cast({{ given.last_moment }} as timestamp) as last_moment,
    cast({{ given.features }} as bigint) as features,
    {% for judged, name in [('time', 'time'), ('random', 'random'), ('all_random', 'all')] -%}
    {% for figure in figures -%}
    cast({{ given[judged ~ '.' ~ figure] }} as {{ 'bigint' if figure in ('examples', 'events') else 'double' }}) as {{ name }}_{{ figure }},
    {% endfor -%}
    {% endfor -%}
    {{ given.rules }} as rules,
    {% for judged in ['rules_time', 'logistic_time', 'logistic_random', 'boosting_time', 'boosting_random'] -%}
    cast({{ given[judged ~ '.auc'] }} as double) as {{ judged }}_auc,
    {% endfor -%}
    {{ given.left_out }} as left_out,
    coalesce(drift.scored, 0) as scored,
    case when drift.scored > 0 then {{ rounded('drift.psi', 4) }} end as drift_psi,
    case when coalesce(drift.scored, 0) = 0 then null when drift.psi < 0.1 then 'stable' when drift.psi < 0.25 then 'moving' else 'drifted' end as drift
from fits
left join drift on fits.model = drift.model
