{# The rest of a FROM clause that gives a row per part of a text between bars (`a|b`): `<alias>.part`. #}
{% macro split_rows(text, alias) %}{{ return(adapter.dispatch('split_rows')(text, alias)) }}{% endmacro %}
{% macro default__split_rows(text, alias) -%}
    cross join unnest(string_split({{ text }}, '|')) as {{ alias }}(part)
{%- endmacro %}
{% macro spark__split_rows(text, alias) -%}
    lateral view explode(split({{ text }}, '[|]')) {{ alias }} as part
{%- endmacro %}
