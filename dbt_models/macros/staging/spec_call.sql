{# Which of the Segment spec's calls a row is: what it says itself; else a track call if it names an event; else what the folder it
   landed in says; else what it brings. `seems` maps calls to conditions. #}
{% macro spec_call(type, event, file, seems) -%}
{% set folders = {
    'track': 'tracks?', 'page': 'pages?', 'screen': 'screens?', 'identify': 'identif(y|ies)', 'group': 'groups?', 'alias': 'alias(es)?',
} -%}
case
            when lower({{ type }}) in ('{{ folders | join("', '") }}') then lower({{ type }})
            when {{ event }} is not null then 'track'
            {% for call, names in folders.items() -%}
            when {{ matches(file, '/' ~ names ~ '[/.]') }} then '{{ call }}'
            {% endfor -%}
            {% for call, condition in seems.items() -%}
            when {{ condition }} then '{{ call }}'
            {% endfor -%}
            else 'track'
        end
{%- endmacro %}
