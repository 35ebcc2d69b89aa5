{# The place of a source in the company's order of precedence for orders; a source that is not named there comes last. #}
{% macro source_rank(source) -%}
{% set order = var('order_precedence') -%}
case {{ source }}{% for name in order %} when '{{ name }}' then {{ loop.index }}{% endfor %} else {{ order | length + 1 }} end
{%- endmacro %}
