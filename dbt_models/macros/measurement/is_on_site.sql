{# Whether a row of profiles.sessions is a visit: from a device, or with a page. The rest is what a server tells of somebody's login. #}
{% macro is_on_site(sessions) -%}
({{ sessions }}.device like 'a:%' or {{ sessions }}.page_views > 0)
{%- endmacro %}
