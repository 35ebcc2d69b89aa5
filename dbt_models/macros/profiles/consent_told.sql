{# Everything said about consent by an identifier: identifier_type, identifier, purpose, status, occurred_at, collected_by, proof. An
   unsubscription, a complaint or a stop is a withdrawal, wherever it was said. A lead that comes with a proof of consent says yes to
   what that proof stands for, with the address and the number in it. #}
{% macro consent_told() %}
select identifier_type, identifier, purpose, status, occurred_at, collected_by, proof
from {{ ref('unified_consents') }}
union all
select 'email', email, 'email', 'withdrawn', occurred_at, type, event_id
from {{ ref('unified_email_events') }}
where type in ('unsubscribed', 'complained') and email is not null
union all
select 'phone', identifier, channel, 'withdrawn', occurred_at, type, event_id
from {{ ref('unified_message_events') }}
where type = 'stop' and channel in ('sms', 'whatsapp') and identifier is not null
{% for identifier_type in ['push_token', 'user_id', 'anonymous_id'] -%}
-- Push messages go to a device or to whoever is logged in on it: which of them the tool names, it does not say.
union all
select '{{ identifier_type }}', identifier, channel, 'withdrawn', occurred_at, type, event_id
from {{ ref('unified_message_events') }}
where type = 'stop' and channel = 'push' and identifier is not null
{% endfor -%}
union all
select identifier_type, identifier, 'email', 'withdrawn', occurred_at, 'unsubscribed on the site', message_id
from {{ ref('unsubscriptions') }}
{% for kind, purposes in addressed_purposes().items() -%}
union all
select '{{ kind }}', leads.{{ kind }}, covered.purpose, 'granted', leads.created_at, 'lead', leads.consent_proof
from {{ ref('unified_leads') }} as leads
inner join {{ source('control', 'lead_purposes') }} as covered on covered.purpose in ('{{ purposes | join("', '") }}')
where leads.{{ kind }} is not null and leads.created_at is not null and trim(leads.consent_proof) <> ''
{% endfor -%}
{% endmacro %}
