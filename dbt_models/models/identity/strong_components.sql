-- One row per identifier with a strong edge, with the component of the graph it belongs to.
{{ config(schema='graph', materialized='incremental', incremental_strategy='delete+insert', unique_key='node',
    post_hook="{{ keep_edges(ref('strong_edges')) }}") }}

{{ kept_components(ref('strong_edges')) }}
