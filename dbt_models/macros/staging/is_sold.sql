{# Whether a lead's status says that it became a customer. #}
{% macro is_sold(status) %}{{ status }} in ('converted', 'won', 'customer', 'sold'){% endmacro %}
