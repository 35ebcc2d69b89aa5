{# A table that lives while a model is being built: `scratch` (re)makes it from a query, `scratch_name` names it in SQL. #}
{% macro scratch(name, query) %}{{ return(adapter.dispatch('scratch')(name, query)) }}{% endmacro %}
{% macro default__scratch(name, query) %}
    {% do run_query('create or replace temp table ' ~ scratch_name(name) ~ ' as ' ~ query) %}
{% endmacro %}
{% macro spark__scratch(name, query) %}
    {# Spark has no temporary tables and may not overwrite a table that it reads: queries never read the table they make. #}
    {% do run_query('drop table if exists ' ~ scratch_name(name)) %}
    {% do run_query('create table ' ~ scratch_name(name) ~ ' using parquet as ' ~ query) %}
{% endmacro %}

{% macro scratch_name(name) %}{{ return(adapter.dispatch('scratch_name')(name)) }}{% endmacro %}
{% macro default__scratch_name(name) %}{{ return('scratch_' ~ name) }}{% endmacro %}
{% macro spark__scratch_name(name) %}{{ return(this.schema ~ '.scratch_' ~ this.identifier ~ '_' ~ name) }}{% endmacro %}

{# The same with the query as a block: `{% call scratch_as('name') %} select … {% endcall %}`. #}
{% macro scratch_as(name) %}{% do scratch(name, caller()) %}{% endmacro %}
