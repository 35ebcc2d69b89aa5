{# Schemas are named as the contract names them, without a prefix from the target. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}

{# Whether the company has a source that feeds this entity: what is not fed costs nothing. #}
{% macro feeds(source, entity) %}
    {{ return(entity in var('feeds', {}).get(source, [])) }}
{% endmacro %}

{# The moment the run speaks of. #}
{% macro as_of() -%}
    (select as_of from {{ source('control', 'run') }})
{%- endmacro %}

{# What a run's whole day has in common: as_of_date, the day in the company's time; ends_at, its end in UTC, never before as_of;
   last_midnight, the newest that has passed. What asks for no more is made once a day, not every hour. #}
{% macro today(column) -%}
    (select {{ column }} from {{ source('control', 'today') }})
{%- endmacro %}

{# One setting of the company, such as currency or country. #}
{% macro company(setting) -%}
    (select {{ setting }} from {{ source('control', 'company') }})
{%- endmacro %}

{# One setting of the scores, such as fit_at: the moment up to which what predicts may have seen the past. #}
{% macro score_setting(setting) -%}
    (select {{ setting }} from {{ source('control', 'scores') }})
{%- endmacro %}
