{# The newest batch that a relation holds (-1 if none), as a literal: compared with a subquery instead, DuckDB reads and works out
   all of the history before it looks at the batch. #}
{% macro newest_batch(relation) -%}
    {%- if execute -%}
        {{ run_query('select coalesce(max(_batch), -1) as batch from ' ~ relation).columns[0].values()[0] }}
    {%- else -%}
        -1
    {%- endif -%}
{%- endmacro %}
