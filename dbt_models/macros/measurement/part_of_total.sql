{# The part of the place-th of `places` when an amount is shared out evenly. #}
{% macro part_of_total(amount, place, places) -%}
{{ shared_out(amount, place, place ~ ' - 1', places) }}
{%- endmacro %}
