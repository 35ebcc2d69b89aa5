{# Whether a list has no item. #}
{% macro is_empty_list(list) %}{{ return(adapter.dispatch('is_empty_list')(list)) }}{% endmacro %}
{% macro default__is_empty_list(list) %}(len({{ list }}) = 0){% endmacro %}
{% macro spark__is_empty_list(list) %}(size({{ list }}) = 0){% endmacro %}
