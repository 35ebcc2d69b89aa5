{# Columns with what a landing URL tells of its campaign, still encoded: url_source … url_content, and one column per click id. #}
{% macro url_tags(url) -%}
{% for key in utm_keys() -%}
{{ url_parameter(url, 'utm_' ~ key) }} as url_{{ key }},
{% endfor -%}
{% for name in click_id_names() -%}
{{ url_parameter(url, name) }} as {{ name }}{{ ',' if not loop.last }}
{% endfor -%}
{% endmacro %}
