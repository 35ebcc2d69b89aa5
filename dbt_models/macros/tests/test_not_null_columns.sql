{# Generic test: none of these columns is NULL. For tables that only grow, `newest_batch` looks at the rows of the last load alone:
   the others were looked at when they came. #}
{% test not_null_columns(model, columns, newest_batch=false) %}
select {{ columns | join(', ') }}
from {{ model }}
where ({{ columns | join(' is null or ') }} is null)
{%- if newest_batch %}
  and _batch = (select max(_batch) from {{ model }})
{%- endif %}
{% endtest %}
