{# A JSON object text from pairs of name and expression; an expression given as {'json': …} is JSON text already. #}
{% macro json_object(pairs) %}{{ return(adapter.dispatch('json_object')(pairs)) }}{% endmacro %}
{% macro default__json_object(pairs) -%}
    cast(json_object(
        {%- for name, value in pairs.items() -%}
        '{{ name }}', {{ value if value is string else 'cast(' ~ value.json ~ ' as json)' }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    ) as varchar)
{%- endmacro %}
{% macro spark__json_object(pairs) -%}
    concat('{',
        {%- for name, value in pairs.items() -%}
        '"{{ name }}":', {{ spark_json_value(value) if value is string else spark_json_numbers("coalesce(" ~ value.json ~ ", 'null')") }}, {{ "','," if not loop.last }}
        {%- endfor -%}
    '}')
{%- endmacro %}
