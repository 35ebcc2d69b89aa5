{# What was paid and what it brought, as sums of measurement.returns, with the figures that follow from them: the columns of the tables of
   returns after those that they are grouped by. A figure per something there is none of is NULL: undefined, neither nought nor endless. So
   is what a lead or customer costs where no cost is known: they are hardly free.
   `margin` is the share of revenue that is left once what was sold has been paid for, NULL where the company does not tell.
   `followed`: whether it would be known what was brought. If not, and nothing was credited by chance, that is NULL: unknown, not nought. #}
{% macro returned_sums(followed='true') %}
    {%- set kinds = ['media', 'creative', 'salary', 'tool', 'other'] -%}
    {%- set known = 'case when ' ~ followed ~ ' or sum(leads) <> 0 or sum(sales) <> 0 or sum(new_customers) <> 0 or sum(revenue) <> 0 then ' -%}
    {% for name in kinds -%}
    {{ money_sum('sum(' ~ name ~ ')') }} as {{ name }}_costs,
    {% endfor -%}
    {{ money_sum('sum(costs)') }} as costs,
    {{ money_sum('sum(ad_spend)') }} as ad_spend,
    {% for name in ['impressions', 'clicks', 'priced_clicks', 'touches'] -%}
    cast(sum({{ name }}) as bigint) as {{ name }},
    {% endfor -%}
    {{ known }} cast(sum(new_customers) as bigint) end as new_customers,
    {% for name in ['leads', 'sales'] -%}
    {{ known }} cast(sum({{ name }}) as decimal(18, 6)) end as {{ name }},
    {% endfor -%}
    {{ known }} {{ money_sum('sum(revenue)') }} end as revenue,
    {{ known }} {{ money_sum('sum(revenue) + sum(beyond)') }} end as long_term_revenue,
    min(currency) as currency
{%- endmacro %}

{# `paid`: what returns are counted on, where that is not simply all costs; NULL where what was paid for can't be told. Of fractions of a
   lead or sale that add up to less than one, none was won yet that could have a price. #}
{% macro return_figures(paid='costs') %}
    {{ per_cent_gained('revenue', paid) }} as roi_percent,
    {{ per_cent_gained('long_term_revenue', paid) }} as long_term_roi_percent,
    {{ per_cent_gained('revenue * margin', paid) }} as margin_roi_percent,
    case when {{ paid }} > 0 then revenue >= {{ paid }} end as is_break_even,
    case when {{ paid }} > 0 then revenue * margin >= {{ paid }} end as is_margin_break_even,
    {% for name, above, below, needed in [
        ('roas', 'revenue', 'media_costs', paid ~ ' > 0 and media_costs > 0'), ('cpl', paid, 'leads', paid ~ ' > 0 and leads >= 1'),
        ('cpa', paid, 'sales', paid ~ ' > 0 and sales >= 1'), ('cac', paid, 'new_customers', paid ~ ' > 0 and new_customers >= 1'),
        ('cpc', 'ad_spend', 'priced_clicks', 'ad_spend > 0 and priced_clicks > 0'), ('click_rate', 'clicks', 'impressions', 'impressions > 0'),
    ] -%}
    case when {{ needed }} then cast({{ above }} as double) / cast({{ below }} as double) end as {{ name }}{{ ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{# (gains - costs) / costs × 100; NULL where nothing was paid. #}
{% macro per_cent_gained(gains, costs) -%}
case when {{ costs }} > 0 then cast({{ gains }} - {{ costs }} as double) / cast({{ costs }} as double) * 100 end
{%- endmacro %}
