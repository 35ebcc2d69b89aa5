-- One row per component that telephones, devices or clicks decided upon: the person it belongs to.
{{ config(schema='graph') }}
-- depends_on: {{ ref('nodes') }}, {{ ref('named_nodes') }}, {{ ref('judged_links') }}, {{ ref('strong_people') }}, {{ ref('forbidden_pairs') }}

{{ weak_tier(5, earlier=ref('device_people')) }}
