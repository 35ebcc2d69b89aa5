{# The company's calendar day of a UTC timestamp. #}
{% macro local_date(moment) %}
    {{- return(adapter.dispatch('local_date')(moment, company('timezone'))) -}}
{% endmacro %}

{% macro default__local_date(moment, timezone) -%}
    cast(timezone({{ timezone }}, timezone('UTC', {{ moment }})) as date)
{%- endmacro %}

{% macro spark__local_date(moment, timezone) -%}
    to_date(from_utc_timestamp({{ moment }}, {{ timezone }}))
{%- endmacro %}
