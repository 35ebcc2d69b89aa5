{# What `json_pick(…, paths)` found, as SQL by path (without a leading `$.`); a JSON null and an empty text both count as absent. #}
{% macro json_picked(list, paths) %}
    {% set found = {} %}
    {% for path in paths %}
        {% set name = path[2:] if path.startswith('$.') else path %}
        {% do found.update({name: adapter.dispatch('json_picked_item')(list, loop.index0) | trim}) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

{% macro default__json_picked_item(list, position) -%}
    nullif(nullif({{ list }}[{{ position + 1 }}], 'null'), '')
{%- endmacro %}

{% macro spark__json_picked_item(list, position) -%}
    nullif(nullif({{ list }}[{{ position }}], 'null'), '')
{%- endmacro %}
