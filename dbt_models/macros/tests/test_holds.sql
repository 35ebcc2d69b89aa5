{# Generic test: a condition holds for every row (or is unknown). #}
{% test holds(model, condition) %}
select *
from {{ model }}
where not ({{ condition }})
{% endtest %}
