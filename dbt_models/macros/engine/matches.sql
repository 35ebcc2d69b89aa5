{# Whether a text contains a match of a regular expression. Patterns avoid backslashes: engines read them differently. #}
{% macro matches(text, pattern) %}
    {{- return(adapter.dispatch('matches')(text, pattern)) -}}
{% endmacro %}

{% macro default__matches(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
    ({{ text }} rlike '{{ pattern }}')
{%- endmacro %}
