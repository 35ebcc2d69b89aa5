{# People of some lifecycle stages (a list as SQL) with a birth date: their birthday that comes next or lies within the window, the age
   they reach on it, and since when they are old enough to be written to. #}
{% macro birthday_people(stages) -%}
(
    select
        born.profile_id,
        born.first_name,
        born.birthday,
        cast(extract(year from born.birthday) - extract(year from born.birth_date) as integer) as age,
        {{ years_after('born.birth_date', option('minimum_age')) }} as of_age_on
    from (
        select
            profiles.profile_id,
            profiles.first_name,
            profiles.birth_date,
            {{ next_anniversary('profiles.birth_date', 'days.earliest') }} as birthday
        from {{ ref('profiles') }} as profiles
        cross join (select {{ local_date(window_start()) }} as earliest) as days
        where profiles.birth_date is not null and profiles.lifecycle_stage in {{ stages }}
    ) as born
)
{%- endmacro %}

{# The audience of those whose birthday is near. #}
{% macro birthday_audience() %}
{{ audience_candidates(
    people=birthday_people(option('stages')),
    clauses={
        'birthday_is_near': ['birthday', '<=', date_after('as_of_date', option('days_ahead'))],
        'is_of_age': ['of_age_on', '<=', 'as_of_date'],
    },
    anchor='birthday',
    reason={'birthday': 'birthday', 'age': 'age'},
    context={'birthday': 'birthday', 'first_name': 'first_name'},
) }}
{% endmacro %}
