{# What the company's clock shows at a UTC timestamp. #}
{% macro local_time(moment) %}{{ return(adapter.dispatch('local_time')(moment, company('timezone'))) }}{% endmacro %}
{% macro default__local_time(moment, timezone) -%}
    cast(timezone({{ timezone }}, timezone('UTC', {{ moment }})) as timestamp)
{%- endmacro %}
{% macro spark__local_time(moment, timezone) -%}
    from_utc_timestamp({{ moment }}, {{ timezone }})
{%- endmacro %}

{# The timestamp at which a day begins, as a clock shows it. #}
{% macro day_start(day) %}cast({{ day }} as timestamp){% endmacro %}
