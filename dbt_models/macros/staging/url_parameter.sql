{# The value of one parameter of a URL's query string, still encoded; NULL if it is absent or empty. The cheap look for the name goes
   first: most URLs carry none. #}
{% macro url_parameter(url, name) -%}
case when instr({{ url }}, '{{ name }}=') > 0 then nullif(regexp_extract({{ url }}, '[?&]{{ name }}=([^&#]+)', 1), '') end
{%- endmacro %}
