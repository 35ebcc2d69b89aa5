{# Two amounts multiplied, as money; NULL where that is more than money holds. The left one is widened first: the engines size a
   product by its factors, and 400 pieces at 30,000,000 would be too large for theirs. #}
{% macro product(left, right) -%}
try_cast(cast({{ left }} as decimal(28, 4)) * {{ right }} as decimal(18, 4))
{%- endmacro %}
