{# Whether a call found out that the number is not the person's, or nobody's, by the words of its outcome in English and French. Such a call
   reached nobody (call_was_missed). #}
{% macro call_was_misdirected(outcome) -%}
    {{ matches('lower(' ~ outcome ~ ')', '(^|[^a-z])(' ~ misdirected_words() ~ ')([^a-z]|$)') }}
{%- endmacro %}
