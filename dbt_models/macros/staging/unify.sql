{# One entity from every source that tells of it: `columns` (name → type) by name, then `traits` (the row's further columns, as a
   JSON object) where the entity is one that systems report, `source` and `_batch`. Without any such source it is the same table,
   empty. What happened at or after the moment that the run speaks of is left out (see `horizon` in control.company).
   With `after`, the relation being added to, only rows of batches that it has not yet seen, and all of the sources that
   retold_sources() names: forget_retold() takes out what they told before. #}
{% macro unify(entity, columns, after=none) %}
    {%- set models = staging_models(entity) -%}
    {%- set retold = retold_sources(entity) -%}
    {%- set names = dict(columns, traits='string') if entity not in without_traits() else columns -%}
    {%- set happened = happened_in() | select('in', columns) | first -%}
    {%- for source, model in models %}
select
    {% for name, type in names.items() -%}
    cast({{ name }} as {{ type }}) as {{ name }},
    {% endfor -%}
    cast(source as string) as source,
    cast(_batch as bigint) as _batch
from {{ ref(model) }}
where {{ before_horizon(happened) if happened else 'true' }}
        {%- if after and source not in retold %}
    and _batch > {{ newest_batch(after) }}
        {%- endif %}
{{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- if not models %}
select
    {% for name, type in names.items() -%}
    cast(null as {{ type }}) as {{ name }},
    {% endfor -%}
    cast(null as string) as source,
    cast(null as bigint) as _batch
where false
    {%- endif %}
{% endmacro %}

{# Entities without further columns: events have them among their properties, the others are worked out from other rows. #}
{% macro without_traits() %}
    {{ return(['events', 'order_aliases', 'order_reversals', 'order_visitors', 'device_consents']) }}
{% endmacro %}

{# Columns that tell when something happened, by which what lies ahead of the moment that the run speaks of is left out. Of the
   canonical shape they are those that its contract names under `happened`, except for requests to be erased, which are obeyed
   whichever moment a run speaks of. #}
{% macro happened_in() %}
    {{ return(['occurred_at', 'ordered_at', 'answered_at', 'created_at', 'started_at', 'date']) }}
{% endmacro %}
