{# The item of a list at a place, the first being 1. #}
{% macro list_item(list, place) %}{{ return(adapter.dispatch('list_item')(list, place)) }}{% endmacro %}
{% macro default__list_item(list, place) %}list_extract({{ list }}, {{ place }}){% endmacro %}
{% macro spark__list_item(list, place) %}element_at({{ list }}, {{ place }}){% endmacro %}
