{# The domain of an e-mail address. #}
{% macro mail_domain(email) -%}
substr({{ email }}, instr({{ email }}, '@') + 1)
{%- endmacro %}
