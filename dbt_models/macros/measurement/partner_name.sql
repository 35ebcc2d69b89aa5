{# The name of a supplier or influencer as it is compared: whatever its case, its blanks, hyphens and underscores, and the @ of a handle; NULL
   of nothing. #}
{% macro partner_name(name) -%}
nullif(trim(translate(lower({{ name }}), '@_-', '   ')), '')
{%- endmacro %}
