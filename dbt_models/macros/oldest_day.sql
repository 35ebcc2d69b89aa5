{# The earliest `from_day` of a query, as a literal, for the reason that newest_batch() gives; none where the query has no rows. #}
{% macro oldest_day(query) -%}
    {%- if execute -%}
        {%- set day = run_query('select min(from_day) as day from (' ~ query ~ ') as asked').columns[0].values()[0] -%}
        cast({{ "'" ~ day ~ "'" if day else 'null' }} as date)
    {%- else -%}
        cast(null as date)
    {%- endif -%}
{%- endmacro %}
