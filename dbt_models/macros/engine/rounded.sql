{# A number of floating point rounded to so many digits, halves away from zero. Spark rounds the digits that it would print, DuckDB the
   number times a power of ten: at a half that no double can hold they would say different things. #}
{% macro rounded(number, digits) %}{{ return(adapter.dispatch('rounded')(number, digits)) }}{% endmacro %}
{% macro default__rounded(number, digits) %}round({{ number }}, {{ digits }}){% endmacro %}
{% macro spark__rounded(number, digits) %}(round(({{ number }}) * 1e{{ digits }}) / 1e{{ digits }}){% endmacro %}
