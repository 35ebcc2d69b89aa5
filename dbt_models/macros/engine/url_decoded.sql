{# A part of a query string as text: `+` and percent codes undone. What is no valid UTF-8 (an old Latin-1 link) stays as it came. #}
{% macro url_decoded(text) -%}
case
    when instr({{ text }}, '%') > 0 or instr({{ text }}, '+') > 0
        then coalesce({{ adapter.dispatch('try_url_decoded')("replace(" ~ text ~ ", '+', ' ')") }}, {{ text }})
    else {{ text }}
end
{%- endmacro %}

{% macro default__try_url_decoded(text) -%}
    try(url_decode({{ text }}))
{%- endmacro %}

{# Spark puts a sign of its own in place of what is no UTF-8. #}
{% macro spark__try_url_decoded(text) -%}
    case when instr(try_url_decode({{ text }}), '�') = 0 then try_url_decode({{ text }}) end
{%- endmacro %}
