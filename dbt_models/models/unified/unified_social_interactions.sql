-- One row per social interaction, whatever source it came from.
{{ config(alias='social_interactions') }}

{{ unify('social_interactions', {
    'interaction_id': 'string',
    'platform': 'string',
    'kind': 'string',
    'handle': 'string',
    'email': 'string',
    'occurred_at': 'timestamp',
    'post_id': 'string',
}) }}
