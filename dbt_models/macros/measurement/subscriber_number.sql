{# A telephone number's last nine figures: what is left of it where some write the country's code and others a nought. #}
{% macro subscriber_number(number) -%}
{%- set figures = "translate(" ~ number ~ ", '+()-./ ', '')" -%}
case when length({{ figures }}) > 9 then substr({{ figures }}, length({{ figures }}) - 8) else {{ figures }} end
{%- endmacro %}
