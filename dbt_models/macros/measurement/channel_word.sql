{# A word that somebody uses for a channel, or a platform, as measurement.told_channels knows it: in lower case with underscores. #}
{% macro channel_word(told) -%}
replace(replace(lower(trim({{ told }})), ' ', '_'), '-', '_')
{%- endmacro %}
