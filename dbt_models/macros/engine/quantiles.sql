{# Aggregate: several quantiles of a number as a list, interpolated between neighbours (type 7, as R and NumPy do by default). To six digits:
   engines interpolate by sums that differ in the last one, and who stands at a quantile must not fall on either side of it. #}
{% macro quantiles(expression, shares) %}{{ return(adapter.dispatch('quantiles')(expression, shares)) }}{% endmacro %}
{% macro default__quantiles(expression, shares) -%}
list_transform(quantile_cont(cast({{ expression }} as double), [{{ shares | join(', ') }}]), lambda quantile: {{ rounded('quantile', 6) }})
{%- endmacro %}
{% macro spark__quantiles(expression, shares) -%}
transform(percentile(cast({{ expression }} as double), array(cast({{ shares | join(' as double), cast(') }} as double))), quantile -> {{ rounded('quantile', 6) }})
{%- endmacro %}
