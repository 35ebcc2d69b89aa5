{# Aggregate: the distinct texts of a group as a list, in order. #}
{% macro text_list(expression) %}{{ return(adapter.dispatch('text_list')(expression)) }}{% endmacro %}
{% macro default__text_list(expression) %}list_sort(list(distinct {{ expression }}) filter ({{ expression }} is not null)){% endmacro %}
{% macro spark__text_list(expression) %}array_sort(collect_set({{ expression }})){% endmacro %}

{# A list of one text. #}
{% macro one_text(expression) %}{{ return(adapter.dispatch('one_text')(expression)) }}{% endmacro %}
{% macro default__one_text(expression) %}[{{ expression }}]{% endmacro %}
{% macro spark__one_text(expression) %}array({{ expression }}){% endmacro %}

{# No list of texts, typed. #}
{% macro no_texts() %}{{ return(adapter.dispatch('no_texts')()) }}{% endmacro %}
{% macro default__no_texts() %}cast(null as varchar[]){% endmacro %}
{% macro spark__no_texts() %}cast(null as array<string>){% endmacro %}

{# The rest of a FROM clause that gives a row per text of a list: `<alias>.part`. #}
{% macro list_rows(list, alias) %}{{ return(adapter.dispatch('list_rows')(list, alias)) }}{% endmacro %}
{% macro default__list_rows(list, alias) %}cross join unnest({{ list }}) as {{ alias }}(part){% endmacro %}
{% macro spark__list_rows(list, alias) %}lateral view explode({{ list }}) {{ alias }} as part{% endmacro %}
