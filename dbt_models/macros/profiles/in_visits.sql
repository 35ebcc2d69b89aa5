{# Joins events of touched_events with the visit that they fell into, as `visits`: whoever was logged in then, else the device. #}
{% macro in_visits(events='events') -%}
    inner join {{ ref('sessions') }} as visits
        on {{ events }}.device = visits.device
        and {{ events }}.event_date = visits.event_date
        and ({{ events }}.occurred_at > visits.started_at or {{ events }}.occurred_at = visits.started_at and {{ events }}.message_id >= visits.first_message_id)
        and ({{ events }}.occurred_at < visits.ended_at or {{ events }}.occurred_at = visits.ended_at and {{ events }}.message_id <= visits.last_message_id)
{%- endmacro %}
