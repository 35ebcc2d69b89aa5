{# The audience being built; in a unit test, the one that is tested. #}
{% macro audience_name() %}{{ return(model.tested_node_unique_id.split('.')[-1] if model.tested_node_unique_id else model.name) }}{% endmacro %}
