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

{# One setting of the company, such as currency or country. #}
{% macro company(setting) -%}
    (select {{ setting }} from {{ source('control', 'company') }})
{%- endmacro %}

{# One setting of the scores, such as fit_at: the moment up to which what predicts may have seen the past. #}
{% macro score_setting(setting) -%}
    (select {{ setting }} from {{ source('control', 'scores') }})
{%- endmacro %}
