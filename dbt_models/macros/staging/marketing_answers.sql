{# Answers about marketing as a mailing tool keeps them on a person (relation `answers` with identifier_type, identifier, purpose, state,
   occurred_at, proof, _batch), in the columns of unified.consents. What says nothing, or not whose or of when, is no answer. #}
{% macro marketing_answers(source) -%}
select
    identifier_type,
    identifier,
    purpose,
    {{ consent_status('state') }} as status,
    occurred_at,
    '{{ source }}' as collected_by,
    proof,
    null as traits,
    '{{ source }}' as source,
    _batch
from answers
where identifier is not null and occurred_at is not null and {{ consent_status('state') }} is not null
{%- endmacro %}
