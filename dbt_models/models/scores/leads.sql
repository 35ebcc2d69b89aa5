-- One row per person who is a lead or a prospect: their score from 0 to 100, the grade (A to C for who they are, 1 to 3 for what they
-- do), and whether they passed the checks that come before. Who is refused is not scored. The probability of a conversion is another
-- matter than the points, and is never mixed with them.
with faults as (
    select
        profile_id,
        min_by(check_name, position) filter (where strictness = 'refuse' and check_name <> 'duplicate') as refused_by,
        nullif({{ joined_texts("case when strictness = 'flag' then check_name end") }}, '') as flags
    from (select distinct profile_id, check_name, position, strictness from {{ ref('lead_checks') }}) as failed
    group by 1
),

bounds as (
    select
        {% for axis, grade in [('fit', 'A'), ('fit', 'B'), ('engagement', '1'), ('engagement', '2')] -%}
        max(case when trim(axis) = '{{ axis }}' and trim(grade) = '{{ grade }}' then at_least end) as at_least_{{ grade | lower }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('lead_grades') }}
)

select
    points.profile_id,
    points.score,
    points.fit_points,
    points.engagement_points,
    case
        when faults.refused_by is not null then 'C3'
        else case when points.fit_points >= bounds.at_least_a then 'A' when points.fit_points >= bounds.at_least_b then 'B' else 'C' end
            || case when points.engagement_points >= bounds.at_least_1 then '1' when points.engagement_points >= bounds.at_least_2 then '2' else '3' end
    end as grade,
    faults.refused_by is null as qualified,
    faults.refused_by as disqualified_reason,
    faults.flags,
    predictions.probability as p_convert,
    predictions.method as p_convert_method
from {{ ref('lead_points') }} as points
cross join bounds
left join faults on points.profile_id = faults.profile_id
left join {{ ref('predictions') }} as predictions on points.profile_id = predictions.profile_id and predictions.model = 'lead_converts'
