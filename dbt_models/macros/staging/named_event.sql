{# The join that gives an event the name it has in every model: read it as `coalesce(<alias>.event, <the source's name>)`. #}
{% macro named_event(vocabulary, name, alias='named') %}
left join {{ ref('event_names') }} as {{ alias }}
    on {{ alias }}.source = '{{ vocabulary }}' and {{ alias }}.name = lower(trim({{ name }}))
{% endmacro %}
