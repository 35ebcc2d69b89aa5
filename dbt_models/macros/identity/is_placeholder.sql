{# Whether an identifier is one character over and over (0000000000, xxxxx@…, an advertising id that was switched off), or
   nothing but signs. Numbers of accounts and orders are counted up, so 1111 may be somebody's: there it takes eight, or zeros. #}
{% macro is_placeholder(type, kind, identifier) -%}
{%- set text = "translate(lower(case " ~ type ~ " when 'email' then split_part(" ~ identifier ~ ", '@', 1) else " ~ identifier ~ " end), '+-_. :/', '')" -%}
(
    replace({{ text }}, '0', '') = ''
    or (
        replace({{ text }}, substr({{ text }}, 1, 1), '') = ''
        and length({{ text }}) >= case when {{ kind }} in ('account', 'order') then 8 else 5 end
    )
    -- Behind the country code, nine times the same digit.
    or ({{ type }} = 'phone' and length({{ text }}) >= 10 and replace(substr({{ text }}, length({{ text }}) - 8), substr({{ text }}, length({{ text }})), '') = '')
)
{%- endmacro %}
