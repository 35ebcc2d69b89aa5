{# A telephone number's figures, and the last nine of them: what is left of it where some write the country's code and others a nought. #}
{% macro figures_of(number) -%}
regexp_replace(translate({{ number }}, '+()-./ ', ''), '^00', '')
{%- endmacro %}

{% macro subscriber_number(number) -%}
{%- set figures = figures_of(number) -%}
case when length({{ figures }}) > 9 then substr({{ figures }}, length({{ figures }}) - 8) else {{ figures }} end
{%- endmacro %}

{# Whether it is written with its country's code. #}
{% macro is_international(number) -%}
(trim({{ number }}) like '+%' or trim({{ number }}) like '00%')
{%- endmacro %}
