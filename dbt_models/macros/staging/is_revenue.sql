{# Whether an order of this status brought money, which refunds then reduce: the one rule of what counts as revenue. #}
{% macro is_revenue(status) -%}
{{ status }} in ('paid', 'partially_refunded', 'refunded')
{%- endmacro %}
