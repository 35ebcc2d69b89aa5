-- One row per referral, whatever source it came from.
{{ config(alias='referrals') }}

{{ unify('referrals', {
    'referral_id': 'string',
    'referrer': 'string',
    'referred': 'string',
    'created_at': 'timestamp',
    'converted_at': 'timestamp',
}) }}
