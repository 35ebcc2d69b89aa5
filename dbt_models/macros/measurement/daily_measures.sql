{# SELECT of day, channel, measure, amount: sums of a relation (`told`), which is read once. `measures`: name → aggregate. Without a channel the
   measure is one that no channel is told of: NULL. #}
{% macro daily_measures(relation, day, measures, channel=none, where='true') -%}
select
    summed.day,
    summed.channel,
    names.measure,
    {{ money_sum('case names.measure ' ~ daily_choices(measures) ~ ' end') }} as amount
from (
    select
        {{ day }} as day,
        {{ channel if channel else 'cast(null as string)' }} as channel,
        {% for name, sum in measures.items() -%}
        cast({{ sum }} as decimal(38, 4)) as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }} as told
    where {{ where }}
    group by 1, 2
) as summed
cross join (
    {% for name in measures %}select '{{ name }}' as measure{{ ' union all ' if not loop.last }}{% endfor %}
) as names
{%- endmacro %}

{% macro daily_choices(measures) -%}
{% for name in measures %}when '{{ name }}' then summed.{{ name }} {% endfor %}
{%- endmacro %}
