{# Whether a call found out that the number is not the person's, or nobody's, by the words of its outcome in English and French. #}
{% macro call_was_misdirected(outcome) -%}
    {{ matches('lower(' ~ outcome ~ ')', '(wrong|invalid|disconnected|not[^a-z]*in[^a-z]*(service|use)|faux|erron.|invalide|inexistant|non[^a-z]*attribu.|hors[^a-z]*service)') }}
{%- endmacro %}
