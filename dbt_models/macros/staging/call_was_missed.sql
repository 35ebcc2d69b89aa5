{# Whether a call reached nobody, by the words of its outcome. #}
{% macro call_was_missed(outcome) -%}
    {{ matches('lower(' ~ outcome ~ ')', '(^|[^a-z])(no|not|missed|busy|voicemail|failed|wrong|cancell?ed|abandoned|unanswered|queued|ringing)([^a-z]|$)') }}
{%- endmacro %}
