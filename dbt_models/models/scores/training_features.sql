-- One row per example and feature: what models learn from, as it was known at the example's moment.
{% set members %}(
    select examples.example, known.identifier_type, known.identifier
    from {{ ref('prediction_examples') }} as examples
    inner join {{ ref('known_identifiers') }} as known
        on known.anchor = examples.anchor_type || ':' || examples.anchor and known.known_since <= examples.moment
){% endset %}

{{ features_at(ref('prediction_examples'), members) }}
