{# Whole seconds from the beginning of 1970 (UTC) to a timestamp. #}
{% macro unix_seconds(moment) %}{{ return(seconds_between("cast('1970-01-01 00:00:00' as timestamp)", moment)) }}{% endmacro %}
