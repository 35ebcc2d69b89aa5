{# Whether a call reached nobody, by the words of its outcome as telephone systems and people write them, in English and French. Who says
   that they are not interested has answered. #}
{% macro call_was_missed(outcome) -%}
    {%- set words = [
        'no[^a-z]*(answer|reply|response|contact)', 'not[^a-z]*(answered|reached|reachable|available|connected|there)',
        'unanswered', 'unreachable', 'unavailable', 'missed', 'busy', 'voice[^a-z]*mail', 'answering[^a-z]*machine', 'failed', 'wrong', 'cancell?ed',
        'abandoned', 'queued', 'ringing', '(pas|sans|non)[^a-z]*(de[^a-z]*)?(r.ponse|r.pondu|joint|abouti|d.croch.)', 'injoignable',
        'r.pondeur', 'messagerie', 'occup.e?', 'absente?', 'manqu.', '.chec', 'faux num.ro',
    ] -%}
    {{ matches('lower(' ~ outcome ~ ')', '(^|[^a-z])(' ~ words | join('|') ~ ')([^a-z]|$)') }}
{%- endmacro %}
