{# What was paid and what it brought, as sums of measurement.returns, with the figures that follow from them: the columns of the tables of
   returns after those that they are grouped by. A figure per something there is none of is NULL: undefined, neither nought nor endless. So
   is what a lead or customer costs where no cost is known: they are hardly free.
   `margin` is the share of revenue that is left once what was sold has been paid for, NULL where the company does not tell. #}
{% macro returned_sums() %}
    {%- set kinds = ['media', 'creative', 'salary', 'tool', 'other'] -%}
    {% for name in kinds -%}
    {{ money_sum('sum(' ~ name ~ ')') }} as {{ name }}_costs,
    {% endfor -%}
    {{ money_sum('sum(costs)') }} as costs,
    {{ money_sum('sum(ad_spend)') }} as ad_spend,
    {% for name in ['impressions', 'clicks', 'priced_clicks', 'touches', 'new_customers'] -%}
    cast(sum({{ name }}) as bigint) as {{ name }},
    {% endfor -%}
    {% for name in ['leads', 'sales'] -%}
    cast(sum({{ name }}) as decimal(18, 6)) as {{ name }},
    {% endfor -%}
    {{ money_sum('sum(revenue)') }} as revenue,
    {{ money_sum('sum(revenue) + sum(beyond)') }} as long_term_revenue,
    min(currency) as currency
{%- endmacro %}

{# `paid`: what returns are counted on, where that is not simply all costs; NULL where what was paid for can't be told. #}
{% macro return_figures(paid='costs') %}
    {{ per_cent_gained('revenue', paid) }} as roi_percent,
    {{ per_cent_gained('long_term_revenue', paid) }} as long_term_roi_percent,
    {{ per_cent_gained('revenue * margin', paid) }} as margin_roi_percent,
    case when {{ paid }} > 0 then revenue >= {{ paid }} end as is_break_even,
    case when {{ paid }} > 0 then revenue * margin >= {{ paid }} end as is_margin_break_even,
    {% for name, above, below, known in [
        ('roas', 'revenue', 'media_costs', paid), ('cpl', paid, 'leads', paid), ('cpa', paid, 'sales', paid), ('cac', paid, 'new_customers', paid),
        ('cpc', 'ad_spend', 'priced_clicks', 1), ('click_rate', 'clicks', 'impressions', 1),
    ] -%}
    case when {{ known }} > 0 and {{ below }} > 0 then cast({{ above }} as double) / cast({{ below }} as double) end as {{ name }}{{ ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{# (gains - costs) / costs × 100; NULL where nothing was paid. #}
{% macro per_cent_gained(gains, costs) -%}
case when {{ costs }} > 0 then cast({{ gains }} - {{ costs }} as double) / cast({{ costs }} as double) * 100 end
{%- endmacro %}
