{# A bound of the interval at 90 % for the mean of a Poisson count, so that one in twenty lies beyond it: Byar's approximation (N. E.
   Breslow, N. E. Day, "Statistical Methods in Cancer Research", vol. 2, 1987, section 2.3). side: '-' or '+'. #}
{% macro count_bound(count, side) -%}
{%- if side == '-' -%}
case when {{ count }} > 0 then {{ count }} * power(greatest(1 - 1 / (9e0 * {{ count }}) - 1.644854 / (3 * sqrt({{ count }})), 0), 3) else 0e0 end
{%- else -%}
({{ count }} + 1) * power(1 - 1 / (9e0 * ({{ count }} + 1)) + 1.644854 / (3 * sqrt({{ count }} + 1)), 3)
{%- endif -%}
{%- endmacro %}
