{# When an event happened, free of the error of the device's clock (Segment spec, "Common fields: timestamps"): the device tells
   how long before sending it the event took place, the server's clock tells when it came. Without all three times, the time given. #}
{% macro event_time(stamped, original, sent, received) -%}
case
    when {{ original }} is not null and {{ sent }} is not null and {{ received }} is not null
        then {{ received }} - ({{ sent }} - {{ original }})
    else coalesce({{ stamped }}, {{ original }}, {{ sent }}, {{ received }})
end
{%- endmacro %}
