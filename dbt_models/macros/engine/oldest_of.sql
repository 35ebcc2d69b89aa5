{# Aggregate: the value of the row that comes first by several columns, none of them NULL. #}
{% macro oldest_of(value, columns) %}{{ return(adapter.dispatch('oldest_of')(value, columns)) }}{% endmacro %}
{% macro default__oldest_of(value, columns) -%}
min_by({{ value }}, struct_pack({% for column in columns %}c{{ loop.index }} := {{ column }}{{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}
{% macro spark__oldest_of(value, columns) -%}
min_by({{ value }}, case when {{ value }} is not null then struct({{ columns | join(', ') }}) end)
{%- endmacro %}
