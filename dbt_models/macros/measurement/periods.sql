{# The first day of the day, week or month in which a date lies; weeks begin on Monday (ISO 8601). #}
{% macro period_of(kind, date) -%}
{% if kind == 'day' %}{{ date }}{% else %}cast(date_trunc('{{ kind }}', {{ date }}) as date){% endif %}
{%- endmacro %}

{# The first day after the day, week or month that begins on a date. #}
{% macro period_end(kind, first_day) -%}
case {{ kind }}
    when 'day' then {{ date_after(first_day, 1) }}
    when 'week' then {{ date_after(first_day, 7) }}
    else {{ period_of('month', date_after(period_of('month', first_day), 31)) }}
end
{%- endmacro %}

{# Whether the company's days before a date are all over at the run's moment: a run in the middle of a day has only part of its figures. #}
{% macro is_over(next_day) -%}
({{ utc_moment(day_start(next_day)) }} <= {{ today('last_midnight') }})
{%- endmacro %}

{# Months of the calendar from that of a date to that of another. #}
{% macro months_between(earlier, later) -%}
(12 * (year({{ later }}) - year({{ earlier }})) + month({{ later }}) - month({{ earlier }}))
{%- endmacro %}
