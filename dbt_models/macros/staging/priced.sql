{# The rows of a relation that unify() made of `columns`, with the company's own currency where they name none, and `<amount>_company`:
   the amount in the company's currency at the rate of `day` (an expression over `told`), NULL where no rate is known. #}
{% macro priced(relation, columns, amount, day) %}
{%- set currency = 'coalesce(told.currency, ' ~ company('currency') ~ ')' -%}
select
    {% for name in columns -%}
    {{ currency ~ ' as currency' if name == 'currency' else 'told.' ~ name }},
    {% endfor -%}
    told.traits,
    told.source,
    told._batch,
    -- An amount in the company's own currency needs no rate, nor a day to look one up.
    case when {{ currency }} = {{ company('currency') }} then told.{{ amount }} else {{ in_company_currency('told.' ~ amount) }} end
        as {{ amount }}_company
from {{ relation }} as told
{{ company_rate(currency, day) }}
{% endmacro %}
