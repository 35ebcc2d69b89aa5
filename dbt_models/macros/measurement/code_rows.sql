{# split_rows() of the codes that an order names, by commas, semicolons or bars. #}
{% macro code_rows(codes, alias) -%}
{{ split_rows("replace(replace(" ~ codes ~ ", ',', '|'), ';', '|')", alias) }}
{%- endmacro %}
