{# Takes out the rows of a table that meet a condition: a statement to run or, where the engine has none, nothing that is left to do. #}
{% macro delete_rows(relation, condition) %}{{ return(adapter.dispatch('delete_rows')(relation, condition)) }}{% endmacro %}
{% macro default__delete_rows(relation, condition) -%}
    {{ return('delete from ' ~ relation ~ ' where ' ~ condition) }}
{%- endmacro %}
{# Spark takes no rows out of a Parquet table: the rest is written into another, which takes its place. #}
{% macro spark__delete_rows(relation, condition) %}
    {% if execute %}
        {% set kept = relation.incorporate(path={'identifier': relation.identifier ~ '__kept'}) %}
        {% do run_query('drop table if exists ' ~ kept) %}
        {% do run_query('create table ' ~ kept ~ ' using parquet as select * from ' ~ relation ~ ' where not coalesce(' ~ condition ~ ', false)') %}
        {% do run_query('drop table ' ~ relation) %}
        {% do run_query('alter table ' ~ kept ~ ' rename to ' ~ relation) %}
    {% endif %}
    {{ return('') }}
{% endmacro %}
