{# The part of an amount that one of several has, where together they have `above` of `total` up to it and `below` before it: rounded from
   the running sum, so that the parts add up to the amount to its last digit. Only the last has `above` = `total`. #}
{% macro shared_out(amount, above, below, total, type='decimal(18, 4)') -%}
cast({{ up_to(amount, above, total, type) }} - {{ up_to(amount, below, total, type) }} as {{ type }})
{%- endmacro %}

{% macro up_to(amount, share, total, type) -%}
(case
    when {{ share }} >= {{ total }} then cast({{ amount }} as {{ type }})
    when {{ share }} <= 0 then cast(0 as {{ type }})
    else cast({{ rounded('cast(' ~ amount ~ ' as double) * cast(' ~ share ~ ' as double) / cast(' ~ total ~ ' as double)', 6 if '6' in type.split(',')[1] else 4) }} as {{ type }})
end)
{%- endmacro %}
