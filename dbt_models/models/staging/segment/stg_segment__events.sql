-- One row per event sent through Segment or RudderStack.
{{ config(enabled=feeds('segment', 'events')) }}

{{ spec_events('segment', source('raw_segment', 'events'), as_sent=true) }}
