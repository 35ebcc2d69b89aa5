-- One row per e-mail event, whatever source it came from. Rows are added by load batch.
{{ config(alias='email_events', materialized='incremental', incremental_strategy='append', on_schema_change='fail') }}

{{ unify('email_events', {
    'event_id': 'string',
    'email': 'string',
    'type': 'string',
    'occurred_at': 'timestamp',
    'campaign_id': 'string',
    'campaign_name': 'string',
    'url': 'string',
    'is_machine': 'boolean',
}, after=this if is_incremental() else none) }}
