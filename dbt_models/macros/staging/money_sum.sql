{# A sum of amounts or quantities as money. At the bounds of money where it is beyond them: no single amount is, but absurd ones may
   be together, and end no run. #}
{% macro money_sum(sum) -%}
cast(case when {{ sum }} > 99999999999999 then 99999999999999 when {{ sum }} < -99999999999999 then -99999999999999 else {{ sum }} end as decimal(18, 4))
{%- endmacro %}
