{# The join that brings an order's one id, where its source calls it by another name: read it as `known_as(<id>)`. A source's own
   numbers are never read as another's. #}
{% macro known_order(source, id) %}
left join {{ ref('unified_order_aliases') }} as aliases
    on aliases.alias = {{ id }} and aliases.source <> {{ source }}
{% endmacro %}

{% macro known_as(id) -%}
coalesce(aliases.order_id, {{ id }})
{%- endmacro %}
