{# Tables of Spark's, as Parquet: it has no statement that takes the place of one at once, so they are dropped and made. A Python model
   puts its own in place (dagster_project/spark/python_models.py), since it may read the one before. #}
{% materialization table, adapter="spark", supported_languages=["sql", "python"] %}
    {%- set target = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {% if model['language'] == 'python' %}
        {% call statement('main', language='python') %}{{ compiled_code }}{% endcall %}
    {% else %}
        {{ drop_relation_if_exists(load_cached_relation(this)) }}
        {% call statement('main') -%}
            create table {{ target }} using parquet as
            {{ compiled_code }}
        {%- endcall %}
    {% endif %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# Rows are added to a Parquet table, but none are taken out or changed: where some have to go, the table is written anew. What is to be
   added is worked out first, since it may look at the table. #}
{% materialization incremental, adapter="spark" %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set before = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {% if before is none or not before.is_table or should_full_refresh() %}
        {{ drop_relation_if_exists(before) }}
        {% call statement('main') -%}
            create table {{ target }} using parquet as
            {{ compiled_code }}
        {%- endcall %}
    {% else %}
        {% do scratch('news', compiled_code) %}
        {%- set names = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
        {% if config.get('incremental_strategy') == 'delete+insert' %}
            {%- set keys = config.get('unique_key') -%}
            {%- set keys = keys if keys is not string and keys is iterable else [keys] -%}
            {% do delete_rows(target, '(' ~ keys | join(', ') ~ ') in (select ' ~ keys | join(', ') ~ ' from ' ~ scratch_name('news') ~ ')') %}
        {% endif %}
        {% call statement('main') -%}
            insert into {{ target }} ({{ names }}) select {{ names }} from {{ scratch_name('news') }}
        {%- endcall %}
        {% do run_query('drop table ' ~ scratch_name('news')) %}
    {% endif %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
