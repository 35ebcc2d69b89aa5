{# The join that gives an event the name it has in every model: read it as `coalesce(<alias>.event, <the source's name>)`. #}
{% macro named_event(vocabulary, name, alias='named') %}
left join (
    -- Two spellings of one name are one row, else the event would be two.
    select {{ event_key('name') }} as name, min(event) as event
    from {{ ref('event_names') }}
    where source = '{{ vocabulary }}'
    group by 1
) as {{ alias }}
    on {{ alias }}.name = {{ event_key(name) }}
{% endmacro %}
