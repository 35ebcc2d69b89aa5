{# The UTC timestamp of a moment told as text (ISO 8601); NULL where it can't be read. One without a zone is UTC, as the session is. #}
{% macro moment_told(text) %}{{ return(adapter.dispatch('moment_told')(text)) }}{% endmacro %}
{% macro default__moment_told(text) %}timezone('UTC', try_cast({{ text }} as timestamptz)){% endmacro %}
{% macro spark__moment_told(text) %}try_cast({{ text }} as timestamp){% endmacro %}
