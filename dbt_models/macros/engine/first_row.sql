{# Aggregate: some columns, as a struct, of the row that comes first by `keys`, none of which may be NULL. A window that numbers the rows
   sorts them all, with all their columns; this keeps one of each group. #}
{% macro first_row(columns, keys) %}{{ return(oldest_of(struct_of(columns), keys)) }}{% endmacro %}

{% macro struct_of(columns) %}{{ return(adapter.dispatch('struct_of')(columns)) }}{% endmacro %}
{% macro default__struct_of(columns) -%}
struct_pack({% for column in columns %}{{ column }} := {{ column }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
{% macro spark__struct_of(columns) %}struct({{ columns | join(', ') }}){% endmacro %}

{# A number that falls as a moment rises, for keys of which the latest comes first; without a moment, the greatest. #}
{% macro latest_first(moment) %}{{ return(adapter.dispatch('latest_first')(moment)) }}{% endmacro %}
{% macro default__latest_first(moment) %}coalesce(-epoch_us({{ moment }}), 9223372036854775807){% endmacro %}
{% macro spark__latest_first(moment) %}coalesce(-unix_micros(cast({{ moment }} as timestamp)), 9223372036854775807){% endmacro %}
