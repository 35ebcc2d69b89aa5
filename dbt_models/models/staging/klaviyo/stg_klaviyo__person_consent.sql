-- One row per profile and purpose (e-mail, SMS) that Klaviyo has an answer for.
{{ config(enabled=feeds('klaviyo', 'person')) }}
{% set paths = [
    '$.email.marketing.consent', '$.email.marketing.consent_timestamp', '$.email.marketing.method',
    '$.sms.marketing.consent', '$.sms.marketing.consent_timestamp', '$.sms.marketing.method',
] %}
{% set given = json_picked('in_subscriptions', paths) %}

with newest as (
    {{ latest_version(source('raw_klaviyo', 'person'), ['updated', '_fivetran_synced']) }}
),

raw as (
    select
        *,
        {{ json_pick('subscriptions', paths) }} as in_subscriptions
    from newest
),

answers as (
    select
        'email' as identifier_type,
        normal_email.value as identifier,
        'email' as purpose,
        lower({{ given['email.marketing.consent'] }}) as state,
        coalesce(try_cast({{ given['email.marketing.consent_timestamp'] }} as timestamp), raw.created) as occurred_at,
        {{ given['email.marketing.method'] }} as proof,
        raw._batch
    from raw
    {{ normalised_email('raw.email') }}
    union all
    select
        'phone',
        normal_phone.value,
        'sms',
        lower({{ given['sms.marketing.consent'] }}),
        coalesce(try_cast({{ given['sms.marketing.consent_timestamp'] }} as timestamp), raw.created),
        {{ given['sms.marketing.method'] }},
        raw._batch
    from raw
    {{ normalised_phone('raw.phone_number', 'raw.country') }}
)

{{ marketing_answers('klaviyo') }}
