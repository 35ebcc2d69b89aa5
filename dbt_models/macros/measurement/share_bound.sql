{# A bound of Wilson's interval at 95 % for a share (E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
   1927); NULL of nothing. side: '-' or '+'. Rounded, and within 0 and 1, which rounding errors may leave. #}
{% macro share_bound(hits, total, side) -%}
{%- set bound -%}
least(greatest(
    ({{ hits }} + 1.920729 {{ side }} 1.959964 * sqrt(({{ hits }} * ({{ total }} - {{ hits }})) / cast({{ total }} as double) + 0.960365))
    / ({{ total }} + 3.841459)
, 0), 1)
{%- endset -%}
case when {{ total }} > 0 then cast({{ rounded(bound, 6) }} as double) end
{%- endmacro %}

{# A share, NULL of nothing. #}
{% macro share_of(hits, total) -%}
cast({{ rounded(hits ~ ' / cast(nullif(' ~ total ~ ', 0) as double)', 6) }} as double)
{%- endmacro %}

{# A share and the bounds of its interval, as the columns `<name>`, `<name>_low` and `<name>_high`. #}
{% macro share_columns(hits, total, name) -%}
{{ share_of(hits, total) }} as {{ name }},
    {{ share_bound(hits, total, '-') }} as {{ name }}_low,
    {{ share_bound(hits, total, '+') }} as {{ name }}_high
{%- endmacro %}

{# A bound of the interval at 95 % for the difference of two shares, from the bounds of each (R. G. Newcombe, "Interval estimation for the
   difference between independent proportions", 1998, method 10). The shares are columns made by share_columns(). #}
{% macro difference_bound(one, other, side) -%}
{%- set mine, theirs = ('_low', '_high') if side == '-' else ('_high', '_low') -%}
{%- set bound -%}
{{ one }} - {{ other }} {{ side }} sqrt(
    power({{ one }} - {{ one }}{{ mine }}, 2) + power({{ other }} - {{ other }}{{ theirs }}, 2)
)
{%- endset -%}
cast({{ rounded(bound, 6) }} as double)
{%- endmacro %}
