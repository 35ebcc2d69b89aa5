{# What of an event's name tells it from others: not case, spaces, underscores or hyphens, so that Product Viewed, product_viewed,
   Product-Viewed and productViewed are one. #}
{% macro event_key(name) -%}
lower(translate({{ name }}, ' _-', ''))
{%- endmacro %}
