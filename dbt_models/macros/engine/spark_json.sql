{# JSON text as DuckDB writes it: absent values as null, moments as `2026-06-30 14:00:00.5`. #}
{% macro spark_json(value) -%}
    regexp_replace(regexp_replace(
        to_json({{ value }}, map('ignoreNullFields', 'false', 'timestampFormat', 'yyyy-MM-dd HH:mm:ss.SSSSSS')),
        '(:[0-9][0-9])[.]000000"', '$1"'), '(:[0-9][0-9][.][0-9]*[1-9])0+"', '$1"')
{%- endmacro %}

{# The same of a single value, which to_json() takes only within a list. #}
{% macro spark_json_value(value) -%}
    regexp_extract({{ spark_json('array(' ~ value ~ ')') }}, '^.(.*).$', 1)
{%- endmacro %}

{# The members of a JSON object: name → JSON text of the value, in their order. A map of texts keeps what is nested as it stands but
   forgets what is text and what a number; a map of variants remembers, but sorts what is nested. #}
{% macro spark_json_members(column) -%}
    map_zip_with(
        from_json({{ column }}, 'map<string, string>'), transform_values(from_json({{ column }}, 'map<string, variant>'), (n, v) -> to_json(v)),
        (name, plain, told) -> case when substr(told, 1, 1) in ('{', '[') then plain else coalesce(told, 'null') end
    )
{%- endmacro %}

{# Members as a JSON object. #}
{% macro spark_json_of_members(members) -%}
    concat('{', array_join(transform(
        map_entries({{ members }}), member -> concat({{ spark_json_value('member.key') }}, ':', member.value)
    ), ','), '}')
{%- endmacro %}

{# JSON text with its numbers as DuckDB tells them once it has read them: 2.5000 as 2.5, 2.0000 as 2.0. Texts, which come first in the
   pattern, stay as they are. #}
{% macro spark_json_numbers(text) -%}
    regexp_replace({{ text }}, '("(?:[^"\\\\]|\\\\.)*")|([.][0-9]+?)0+(?=[\\],}])', '$1$2')
{%- endmacro %}
