{# A table made of a query takes the place of the one before in one statement, which DuckDB makes whole or not at all; dbt's own way of
   five (make, rename, rename, drop, and look for what may be left of the last attempt) costs a tenth of a run. #}
{% materialization table, adapter="duckdb", supported_languages=["sql", "python"] %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set before = load_cached_relation(this) -%}
    {% if table_stands() %}
        {% call noop_statement('main', 'UNCHANGED', 'UNCHANGED') %}{% endcall %}
        {{ return({'relations': [target]}) }}
    {% endif %}
    {%- set held = content_of(before) -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if model['language'] == 'python' %}
        {# A Python model may read the table that it takes the place of. #}
        {%- set new = make_intermediate_relation(target) -%}
        {{ drop_relation_if_exists(load_cached_relation(new)) }}
        {% call statement('main', language='python') -%}
            {{- create_table_as(False, new, compiled_code, 'python') }}
        {%- endcall %}
        {{ drop_relation_if_exists(before) }}
        {{ adapter.rename_relation(new, target) }}
    {% else %}
        {% if before is not none and not before.is_table %}{% do drop_relation(before) %}{% endif %}
        {% call statement('main') -%}
            create or replace table {{ target }} as (
                {{ compiled_code }}
            )
        {%- endcall %}
    {% endif %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do tell_if_moved(held, content_of(target)) %}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
