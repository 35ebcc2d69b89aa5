{# The squared variation coefficient of amounts, as an aggregate; NULL of none: a mean of n of them is known no better than one of n / (1 + it)
   that are all alike. Amounts beyond a thousand million, which are mistakes, would make a square too large; so would DuckDB's product of
   decimals of 18 digits, which has no more of them. #}
{% macro variation(amount) -%}
{%- set value = 'cast(case when ' ~ amount ~ ' > 1000000000 then 1000000000 else ' ~ amount ~ ' end as decimal(19, 3))' -%}
greatest(cast(sum({{ value }} * {{ value }}) as double) * count({{ amount }}) / nullif(power(cast(sum({{ value }}) as double), 2), 0) - 1, 0)
{%- endmacro %}
