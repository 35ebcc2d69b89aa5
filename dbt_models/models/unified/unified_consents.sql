-- One row per answer about one purpose, whatever source it came from. Of what web events carry along, the last time that a device
-- gave each answer.
{{ config(alias='consents') }}

{{ unify('consents', {
    'identifier_type': 'string',
    'identifier': 'string',
    'purpose': 'string',
    'status': 'string',
    'occurred_at': 'timestamp',
    'collected_by': 'string',
    'proof': 'string',
}) }}
union all
select
    'anonymous_id',
    anonymous_id,
    purpose,
    status,
    max(last_at),
    source,
    source,
    null,
    source,
    max(_batch)
from {{ ref('unified_device_consents') }}
group by anonymous_id, purpose, status, source
