{# The beginning of an audience's window (by default that of the one being built), for a query of its people that reads no more of the
   past than it needs. #}
{% macro window_start(audience=none) -%}
(
    select {{ days_before('run.as_of', 'audiences.window_days') }}
    from {{ source('control', 'run') }} as run
    cross join {{ source('control', 'audiences') }} as audiences
    where audiences.audience = '{{ audience or audience_name() }}'
)
{%- endmacro %}

{# The moment after which nothing must have happened, for such a query. #}
{% macro quiet_since() -%}
(
    select {{ hours_before('run.as_of', 'audiences.quiet_hours') }}
    from {{ source('control', 'run') }} as run
    cross join {{ source('control', 'audiences') }} as audiences
    where audiences.audience = '{{ audience_name() }}'
)
{%- endmacro %}
