{# The channel that somebody's own words name: in lower case with underscores; an ad platform's name is that platform's channel. #}
{% macro channel_name(told) -%}
coalesce(
    {{ platform_channel("replace(replace(lower(trim(" ~ told ~ ")), ' ', '_'), '-', '_')") }},
    nullif(replace(replace(lower(trim({{ told }})), ' ', '_'), '-', '_'), '')
)
{%- endmacro %}
