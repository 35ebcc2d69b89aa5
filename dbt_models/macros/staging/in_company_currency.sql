{# An amount in the company's currency, at the rate of a query that joins unified.company_rates as `rates`; NULL without a rate. #}
{% macro in_company_currency(amount) -%}
cast({{ amount }} * rates.rate as decimal(18, 4))
{%- endmacro %}
