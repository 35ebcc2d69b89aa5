{# Whether what a rule asks of a number holds for this number. #}
{% macro number_holds(rule, number) -%}
case {{ rule }}.operator
    when '=' then {{ number }} = {{ rule }}.low
    when '!=' then {{ number }} <> {{ rule }}.low
    when '>' then {{ number }} > {{ rule }}.low
    when '>=' then {{ number }} >= {{ rule }}.low
    when '<' then {{ number }} < {{ rule }}.low
    when '<=' then {{ number }} <= {{ rule }}.low
    when 'between' then {{ number }} between {{ rule }}.low and {{ rule }}.high
    when 'known' then {{ number }} is not null
    else false
end
{%- endmacro %}

{# A number as a person writes it: without a point where there is nothing behind it. #}
{% macro plain_number(number) -%}
case when {{ number }} = floor({{ number }}) then cast(cast({{ number }} as decimal(18, 0)) as string) else cast(round({{ number }}, 4) as string) end
{%- endmacro %}

{# Points of a rule, so many times, as many days later: they are worth half after each half-life. #}
{% macro aged_points(rule, times, days) -%}
{%- set points -%}
cast({{ rule }}.points as double) * {{ times }}
    * case when {{ rule }}.half_life_days is null then 1.0 else power(0.5, greatest({{ days }}, 0) / cast({{ rule }}.half_life_days as double)) end
{%- endset -%}
cast({{ rounded(points, 2) }} as decimal(18, 4))
{%- endmacro %}

{# A bound of Wilson's interval for a share (E. B. Wilson, "Probable inference", 1927), at 99 %; NULL of nothing. side: '+' or '-'. #}
{% macro wilson(hits, total, side) -%}
(
    cast({{ hits }} + 3.3175 as double) / nullif({{ total }} + 6.635, 0)
    {{ side }} 2.5758 * sqrt(({{ hits }} * ({{ total }} - {{ hits }})) / cast(nullif({{ total }}, 0) as double) + 1.65875) / nullif({{ total }} + 6.635, 0)
)
{%- endmacro %}

{# A person's gender as they or the company's records declare it: f, m, or the text itself. #}
{% macro declared_gender(text) -%}
case
    when lower(trim({{ text }})) in ('f', 'female', 'w', 'woman', 'femme', 'frau', 'mme', 'mrs', 'ms') then 'f'
    when lower(trim({{ text }})) in ('m', 'male', 'man', 'h', 'homme', 'mann', 'mr') then 'm'
    else lower(trim({{ text }}))
end
{%- endmacro %}
