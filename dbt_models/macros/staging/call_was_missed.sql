{# Whether a call reached nobody, by the words of its outcome as telephone systems and people write them, in English and French. Who says
   that they are not interested has answered. #}
{% macro call_was_missed(outcome) -%}
    {%- set words = [
        'no[^a-z]*(answer|reply|response|contact)', 'not[^a-z]*(answered|reached|reachable|available|connected|there)',
        'unanswered', 'unreachable', 'unavailable', 'missed', 'busy', 'voice[^a-z]*mail', 'answering[^a-z]*machine', 'failed', 'cancell?ed',
        'abandoned', 'queued', 'ringing', '(pas|sans|non)[^a-z]*(de[^a-z]*)?(r.ponse|r.pondu|joint|abouti|d.croch.)', 'injoignable',
        'r.pondeur', 'messagerie', 'occup.e?', 'absente?', 'manqu.', '.chec', misdirected_words(),
    ] -%}
    {{ matches('lower(' ~ outcome ~ ')', '(^|[^a-z])(' ~ words | join('|') ~ ')([^a-z]|$)') }}
{%- endmacro %}

{# What says that a number is not the person's, or nobody's. Who is the wrong person at the wrong time has answered. #}
{% macro misdirected_words() -%}
    {{- return([
        '^wrong$', 'wrong[^a-z]*(number|no|phone|contact)', 'invalid[^ ]*', 'disconnected', 'not[^a-z]*in[^a-z]*(service|use)',
        'faux[^a-z]*num.ro', 'num.ro[^a-z]*(erron.|faux)', 'inexistante?', 'non[^a-z]*attribu.e?', 'hors[^a-z]*service',
    ] | join('|')) -}}
{%- endmacro %}
