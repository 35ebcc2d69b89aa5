{# Columns click_id_type and click_id out of what url_tags() gave in the relation `tagged`. #}
{% macro click_id(tagged) -%}
case{% for name in click_id_names() %} when {{ tagged }}.{{ name }} is not null then '{{ name }}'{% endfor %} end as click_id_type,
    coalesce({% for name in click_id_names() %}{{ tagged }}.{{ name }}{{ ', ' if not loop.last }}{% endfor %}) as click_id
{%- endmacro %}
