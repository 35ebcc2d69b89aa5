{# The years that somebody born on a date has completed on a day. #}
{% macro age_on(birth_date, day) -%}
(date_part('year', {{ day }}) - date_part('year', {{ birth_date }})
    - case
        when date_part('month', {{ day }}) * 100 + date_part('day', {{ day }})
            < date_part('month', {{ birth_date }}) * 100 + date_part('day', {{ birth_date }}) then 1
        else 0
    end)
{%- endmacro %}
