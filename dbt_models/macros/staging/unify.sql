{# One entity from every source that tells of it: `columns` (name → type) by name, then `source` and `_batch`. Without any such
   source it is the same table, empty. With `after`, the relation being added to, only rows of batches that it has not yet seen.
   What happened at or after the moment that the run speaks of is left out (see `horizon` in control.company). #}
{% macro unify(entity, columns, after=none) %}
    {%- set models = staging_models(entity) -%}
    {%- set happened = ['occurred_at', 'ordered_at', 'answered_at', 'created_at', 'started_at', 'date'] | select('in', columns) | first -%}
    {%- for source, model in models %}
select
    {% for name, type in columns.items() -%}
    cast({{ name }} as {{ type }}) as {{ name }},
    {% endfor -%}
    cast(source as string) as source,
    cast(_batch as bigint) as _batch
from {{ ref(model) }}
where {{ before_horizon(happened) if happened else 'true' }}
        {%- if after %}
    and _batch > {{ newest_batch(after) }}
        {%- endif %}
{{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- if not models %}
select
    {% for name, type in columns.items() -%}
    cast(null as {{ type }}) as {{ name }},
    {% endfor -%}
    cast(null as string) as source,
    cast(null as bigint) as _batch
where false
    {%- endif %}
{% endmacro %}
