{# Aggregate: several quantiles of a number as a list, interpolated between neighbours (type 7, as R and NumPy do by default). #}
{% macro quantiles(expression, shares) %}{{ return(adapter.dispatch('quantiles')(expression, shares)) }}{% endmacro %}
{% macro default__quantiles(expression, shares) %}quantile_cont(cast({{ expression }} as double), [{{ shares | join(', ') }}]){% endmacro %}
{% macro spark__quantiles(expression, shares) %}percentile(cast({{ expression }} as double), array(cast({{ shares | join(' as double), cast(') }} as double))){% endmacro %}
