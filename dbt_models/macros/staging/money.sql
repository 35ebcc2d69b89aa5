{# Text or a number as money; NULL where it is neither. #}
{% macro money(amount) -%}
try_cast({{ amount }} as decimal(18, 4))
{%- endmacro %}
