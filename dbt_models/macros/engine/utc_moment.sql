{# The UTC timestamp of a moment told in the company's time. #}
{% macro utc_moment(local) %}{{ return(adapter.dispatch('utc_moment')(local, company('timezone'))) }}{% endmacro %}
{% macro default__utc_moment(local, timezone) %}timezone('UTC', timezone({{ timezone }}, {{ local }})){% endmacro %}
{% macro spark__utc_moment(local, timezone) %}to_utc_timestamp({{ local }}, {{ timezone }}){% endmacro %}
