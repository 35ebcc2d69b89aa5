{# Aggregate: the quantile of a number, interpolated between neighbours (type 7, as R and NumPy do by default). #}
{% macro quantile(expression, share) %}{{ return(adapter.dispatch('quantile')(expression, share)) }}{% endmacro %}
{% macro default__quantile(expression, share) %}quantile_cont(cast({{ expression }} as double), {{ share }}){% endmacro %}
{% macro spark__quantile(expression, share) %}percentile(cast({{ expression }} as double), {{ share }}){% endmacro %}
