{# Aggregate: a JSON list of objects, sorted by their first field. #}
{% macro json_list(pairs) %}{{ return(adapter.dispatch('json_list')(pairs)) }}{% endmacro %}
{% macro default__json_list(pairs) -%}
    cast(to_json(list_sort(list(struct_pack({% for name, expression in pairs.items() %}{{ name }} := {{ expression }}{{ ', ' if not loop.last }}{% endfor %})))) as varchar)
{%- endmacro %}
{% macro spark__json_list(pairs) -%}
    {%- set fields = [] -%}
    {%- for name, expression in pairs.items() -%}{%- do fields.append("'" ~ name ~ "', " ~ expression) -%}{%- endfor -%}
    {{ spark_json('array_sort(collect_list(named_struct(' ~ fields | join(', ') ~ ')))') }}
{%- endmacro %}
