{# The channel that somebody's own words name: in lower case with underscores; an ad platform's name is that platform's channel. What tables
   here call what has no channel names none. #}
{% macro channel_name(told) -%}
{% set word = "replace(replace(lower(trim(" ~ told ~ ")), ' ', '_'), '-', '_')" -%}
coalesce({{ platform_channel(word) }}, case when {{ word }} not in ('', 'direct', 'unattributed', 'all') then {{ word }} end)
{%- endmacro %}
