-- One row per event in the canonical shape, which is Segment's without the times of sending.
{{ config(enabled=feeds('generic', 'events')) }}

{{ spec_events('generic', source('raw_generic', 'events'), as_sent=false) }}
