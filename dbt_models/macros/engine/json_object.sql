{# A JSON object text from pairs of name and expression. #}
{% macro json_object(pairs) %}{{ return(adapter.dispatch('json_object')(pairs)) }}{% endmacro %}
{% macro default__json_object(pairs) -%}
    cast(json_object({% for name, expression in pairs.items() %}'{{ name }}', {{ expression }}{{ ', ' if not loop.last }}{% endfor %}) as varchar)
{%- endmacro %}
{% macro spark__json_object(pairs) -%}
    to_json(named_struct({% for name, expression in pairs.items() %}'{{ name }}', {{ expression }}{{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}
