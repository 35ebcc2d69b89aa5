{# A vendor's own number of somebody, as an identifier: two systems may give one number to two people. Numbers of the canonical
   shape and of the site stay as they are: they are the company's own. #}
{% macro account_id(id, source) -%}
case when {{ source }} in {{ vendors_with_accounts() }} then {{ source }} || ':' || {{ id }} else {{ id }} end
{%- endmacro %}

{# The number alone. #}
{% macro bare_account(id) -%}
case when split_part({{ id }}, ':', 1) in {{ vendors_with_accounts() }} then substr({{ id }}, instr({{ id }}, ':') + 1) else {{ id }} end
{%- endmacro %}

{% macro vendors_with_accounts() %}{{ return("('shopify', 'hubspot', 'klaviyo')") }}{% endmacro %}
