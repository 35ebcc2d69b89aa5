{# The texts that a JSONPath with `[*]` finds in a JSON list, joined by commas; NULL if there are none. #}
{% macro json_texts(column, path) %}
    {{- return(adapter.dispatch('json_texts')(column, path)) -}}
{% endmacro %}

{% macro default__json_texts(column, path) -%}
    nullif(array_to_string(json_extract_string({{ column }}, '{{ path }}'), ','), '')
{%- endmacro %}

{# Spark gives one find as plain text and several as a JSON list. #}
{% macro spark__json_texts(column, path) -%}
    nullif(regexp_replace(get_json_object({{ column }}, '{{ path }}'), '[\\[\\]"]', ''), '')
{%- endmacro %}
