{# For the numbered identifiers: takes out those that nothing tells of any more. Their numbers may be given again: kept components
   belong to a graph of numbers, whatever these stand for. #}
{% macro drop_vanished_nodes() -%}
    {%- set told -%}
        select 1 from {{ ref('observed_identifiers') }} as told
        where told.identifier_type = nodes.identifier_type and told.identifier = nodes.identifier
    {%- endset -%}
    {{ delete_rows(this, 'not exists (' ~ told ~ ')') }}
{%- endmacro %}
