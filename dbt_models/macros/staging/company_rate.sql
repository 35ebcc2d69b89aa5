{# The join that brings the rate to the company's currency in force on a day; in_company_currency() applies it. #}
{% macro company_rate(currency, day) %}
left join {{ ref('unified_company_rates') }} as rates
    on rates.currency = {{ currency }} and {{ day }} >= rates.valid_from and {{ day }} < rates.valid_to
{% endmacro %}
