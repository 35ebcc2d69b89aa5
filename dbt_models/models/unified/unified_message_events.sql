-- One row per text or push message event, whatever source it came from.
{{ config(alias='message_events') }}

{{ unify('message_events', {
    'event_id': 'string',
    'channel': 'string',
    'identifier': 'string',
    'type': 'string',
    'occurred_at': 'timestamp',
    'campaign_id': 'string',
}) }}
