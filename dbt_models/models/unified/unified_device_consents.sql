-- One row per load batch, device, purpose, answer and day that web events carry along: when it was first and last given. Rolled up
-- when the events arrive, so that they are never read again.
{{ config(alias='device_consents', materialized='incremental', incremental_strategy='append', on_schema_change='fail') }}

with told as (
    {{ unify('device_consents', {
        'anonymous_id': 'string',
        'purpose': 'string',
        'status': 'string',
        'occurred_at': 'timestamp',
    }, after=this if is_incremental() else none) }}
)

select
    anonymous_id,
    purpose,
    status,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at,
    source,
    _batch
from told
group by anonymous_id, purpose, status, cast(occurred_at as date), source, _batch
