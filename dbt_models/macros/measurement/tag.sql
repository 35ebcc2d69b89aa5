{# A campaign parameter as it is compared: in lower case, NULL where it says nothing. #}
{% macro tag(text) -%}
case
    when lower(trim({{ text }})) not in ('', '(not set)', '(none)', '(direct)', '(not provided)', 'undefined', 'null', 'none')
        then lower(trim({{ text }}))
end
{%- endmacro %}

{# The columns by which a visit, lead or order is found in measurement.traffic_sources, as they were told. #}
{% macro told_tags() %}
    {{ return(['utm_source', 'utm_medium', 'utm_campaign', 'click_id_type', 'referrer_host']) }}
{% endmacro %}
