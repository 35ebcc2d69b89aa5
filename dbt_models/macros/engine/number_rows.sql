{# The rest of a FROM clause that gives a row per whole number from 1 to `last` (an expression, at least 1): `<alias>.number`. #}
{% macro number_rows(last, alias) %}{{ return(adapter.dispatch('number_rows')(last, alias)) }}{% endmacro %}
{% macro default__number_rows(last, alias) -%}
    cross join unnest(range(1, cast({{ last }} as bigint) + 1)) as {{ alias }}(number)
{%- endmacro %}
{% macro spark__number_rows(last, alias) -%}
    lateral view explode(sequence(1L, cast({{ last }} as bigint))) {{ alias }} as number
{%- endmacro %}
