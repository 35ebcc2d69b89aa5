{# Fails for people whose score is not the sum of the rows that tell what it is made of. #}
{% test the_score_is_the_sum_of_its_parts(model, parts) %}
select scored.profile_id
from {{ model }} as scored
left join (select profile_id, sum(points) as points from {{ parts }} group by profile_id) as sums on scored.profile_id = sums.profile_id
where scored.score <> coalesce(sums.points, 0)
{% endtest %}
