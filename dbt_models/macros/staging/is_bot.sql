{# Whether a user agent calls itself a machine: crawlers, link previews, monitors, scripts and headless browsers.
   An unknown agent counts as a person. #}
{% macro is_bot(user_agent) -%}
{% set names = [
    '(^|[^u])bot([^a-z]|$)', 'crawl', 'spider', 'slurp', 'headless', 'facebookexternalhit', 'preview', 'pingdom', 'lighthouse', 'uptime',
    'statuscake', 'phantomjs', 'selenium', 'scrapy', 'python-requests', 'python-urllib', 'go-http-client', 'libwww', 'curl/', 'wget/', 'java/',
] -%}
coalesce({{ matches(user_agent, '(?i)' ~ names | join('|')) }}, false)
{%- endmacro %}
