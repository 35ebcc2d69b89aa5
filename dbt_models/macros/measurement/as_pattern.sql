{# What a person wrote with `*` for any letters, as a pattern for LIKE with `!` as its escape. #}
{% macro as_pattern(text) -%}
replace(replace(replace(replace(lower(trim({{ text }})), '!', '!!'), '_', '!_'), '%', '!%'), '*', '%')
{%- endmacro %}
