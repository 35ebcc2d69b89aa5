{# Whether something happened before the moment the run speaks of. Only a run as of a moment older than its data has a horizon. #}
{% macro before_horizon(moment) -%}
    ({{ company('horizon') }} is null or {{ moment }} is null or cast({{ moment }} as timestamp) < {{ company('horizon') }})
{%- endmacro %}
