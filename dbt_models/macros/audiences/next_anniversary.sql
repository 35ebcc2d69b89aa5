{# The first day on or after another one that is a whole number of years after a date. Of 29 February it is the 28th where the
   year has no such day. #}
{% macro next_anniversary(date, earliest) -%}
{%- set years = 'cast(extract(year from ' ~ earliest ~ ') - extract(year from ' ~ date ~ ') as integer)' -%}
case
    when {{ years_after(date, years) }} >= {{ earliest }} then {{ years_after(date, years) }}
    else {{ years_after(date, years ~ ' + 1') }}
end
{%- endmacro %}
