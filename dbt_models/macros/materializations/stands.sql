{# Whether this node would come out as it stands. Told only by a run in which nothing is new but the hour: it says what the node is
   made of (`ground`, relations without views), and control.moved which relations have changed so far. #}
{% macro stands() %}
    {%- set ground = config.get('ground') -%}
    {%- if ground is none -%}{{ return(false) }}{%- endif -%}
    {%- set moved = run_query("select count(*) from control.moved where relation in ('" ~ ground | join("', '") ~ "')") -%}
    {{ return(moved.rows[0][0] | int == 0) }}
{% endmacro %}

{# Whether the table that is there stays. #}
{% macro table_stands() %}
    {%- if not stands() -%}{{ return(false) }}{%- endif -%}
    {%- set kept = load_cached_relation(this) -%}
    {{ return(kept is not none and kept.is_table) }}
{% endmacro %}

{# What a table holds, in whatever order; nothing where nobody asks. DuckDB hashes an empty list like none, so no column may mean
   different things by them. #}
{% macro content_of(relation) %}
    {%- if config.get('ground') is none or relation is none or not relation.is_table -%}{{ return(none) }}{%- endif -%}
    {{ return(run_query('select count(*), cast(sum(hash(held)) as string) from ' ~ relation ~ ' as held').rows[0].values() | join(' ')) }}
{% endmacro %}

{% macro tell_if_moved(before, after) %}
    {%- if config.get('ground') is not none and before != after -%}
        {% do run_query("insert into control.moved values ('" ~ this.schema ~ '.' ~ this.identifier ~ "')") %}
    {%- endif -%}
{% endmacro %}

{# A test that held on what has not changed since holds. #}
{% macro duckdb__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    {%- if stands() -%}
        select 0 as failures, false as should_warn, false as should_error
    {%- else -%}
        {{ default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) }}
    {%- endif -%}
{%- endmacro %}
