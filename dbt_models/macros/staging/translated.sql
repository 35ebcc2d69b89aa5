{# A vendor's words as ours, by a mapping; NULL for a word that stands in none. #}
{% macro translated(text, words) -%}
case {{ text }}{% for word, meaning in words.items() %} when '{{ word }}' then '{{ meaning }}'{% endfor %} end
{%- endmacro %}
