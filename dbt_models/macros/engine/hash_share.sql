{# A text's place in [0, 1), spread evenly by its hash: the first 32 bits of MD5. #}
{% macro hash_share(expression) %}{{ return(adapter.dispatch('hash_share')(expression)) }}{% endmacro %}
{% macro default__hash_share(expression) %}(cast(('0x' || substr(md5({{ expression }}), 1, 8)) as bigint) / 4294967296.0){% endmacro %}
{% macro spark__hash_share(expression) %}(cast(conv(substr(md5({{ expression }}), 1, 8), 16, 10) as bigint) / cast(4294967296 as double)){% endmacro %}
