{# A UTC timestamp as the company's clock shows it, to the second, with its distance from UTC: 2026-03-01 14:05:09+0100. #}
{% macro zoned_time(moment) -%}
{%- set local = local_time(moment) -%}
{%- set ahead = seconds_between(moment, local) -%}
cast(date_trunc('second', {{ local }}) as string)
    || case when {{ ahead }} < 0 then '-' else '+' end
    || lpad(cast(cast(floor(abs({{ ahead }}) / 3600) as integer) as string), 2, '0')
    || lpad(cast(cast(floor(abs({{ ahead }}) / 60) as integer) % 60 as string), 2, '0')
{%- endmacro %}
