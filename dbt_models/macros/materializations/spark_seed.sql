{# The rows of a seed, read from its file as DuckDB reads it: dbt's own reader takes the word `null` for nothing, and dbt-spark puts
   texts between quotes as they are. #}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set file = 'seed_' ~ model['alias'] -%}
    {% call statement('seed_file') -%}
        create or replace temporary view {{ file }} ({% for name in agate_table.column_names %}{{ adapter.quote(name) }} string{{ ', ' if not loop.last }}{% endfor %})
        using csv options (path '{{ model['root_path'] }}/{{ model['original_file_path'] }}', header 'true', escape '"', multiLine 'true')
    {%- endcall %}
    {% set sql -%}
        insert into {{ this }} select
        {%- for name in agate_table.column_names %}
            cast({{ adapter.quote(name) }} as {{ types.get(name, adapter.convert_type(agate_table, loop.index0)) }}){{ ', ' if not loop.last }}
        {%- endfor %}
        from {{ file }}
    {%- endset %}
    {% do adapter.add_query(sql, abridge_sql_log=True) %}
    {% do adapter.add_query('drop view ' ~ file, abridge_sql_log=True) %}
    {{ return(sql) }}
{% endmacro %}
