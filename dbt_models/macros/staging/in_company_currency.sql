{# An amount in the company's currency, at the rate of a query that joins unified.company_rates as `rates`; NULL without a rate.
   Most amounts are in it already, and multiplying decimals of this width takes longer than all the rest of a model. #}
{% macro in_company_currency(amount) -%}
case when rates.rate = 1 then cast({{ amount }} as decimal(18, 4)) else try_cast({{ amount }} * rates.rate as decimal(18, 4)) end
{%- endmacro %}
