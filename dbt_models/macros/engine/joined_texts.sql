{# Aggregate: texts joined by commas, in order. #}
{% macro joined_texts(text) %}{{ return(adapter.dispatch('joined_texts')(text)) }}{% endmacro %}
{% macro default__joined_texts(text) %}string_agg({{ text }}, ',' order by {{ text }}){% endmacro %}
{% macro spark__joined_texts(text) %}array_join(array_sort(collect_list({{ text }})), ','){% endmacro %}
