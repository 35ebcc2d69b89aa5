{# For the numbered identifiers: takes out those that nothing tells of any more. Their numbers may be given again: kept components
   belong to a graph of numbers, whatever these stand for. #}
{% macro drop_vanished_nodes() -%}
    {%- set told = 'select identifier_type, identifier from ' ~ ref('observed_identifiers') -%}
    {{ delete_rows(this, '(identifier_type, identifier) not in (' ~ told ~ ')') }}
{%- endmacro %}
