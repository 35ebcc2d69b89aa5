{# An id without the `.0` that tools give to numbers they hold as floats. #}
{% macro plain_id(id) -%}
case when {{ id }} like '%.0' and {{ matches(id, '^[0-9]+[.]0$') }} then substr({{ id }}, 1, length({{ id }}) - 2) else {{ id }} end
{%- endmacro %}
