{# Whether a product can be ordered, by the words of Google's product data specification and of shops; one that says nothing can. #}
{% macro is_available(availability) -%}
coalesce(replace(lower({{ availability }}), ' ', '_') not in ('out_of_stock', 'sold_out', 'discontinued', 'unavailable'), true)
{%- endmacro %}
