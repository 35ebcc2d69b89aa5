-- One row per customer and purpose (e-mail, SMS) that Shopify has an answer for. An answer without a date of its own is dated by
-- the customer's creation, never by a later update, so that it can't outrank a withdrawal recorded elsewhere.
{{ config(enabled=feeds('shopify', 'customer')) }}

with raw as (
    {{ latest_version(source('raw_shopify', 'customer'), ['updated_at', '_fivetran_synced']) }}
),

answers as (
    select
        'email' as identifier_type,
        normal_email.value as identifier,
        'email' as purpose,
        coalesce(
            lower(raw.email_marketing_consent_state),
            case when raw.accepts_marketing then 'subscribed' when not raw.accepts_marketing then 'not_subscribed' end
        ) as state,
        coalesce(raw.email_marketing_consent_consent_updated_at, raw.accepts_marketing_updated_at, raw.created_at) as occurred_at,
        raw.marketing_opt_in_level as proof,
        raw._batch
    from raw
    {{ normalised_email('raw.email') }}
    union all
    select
        'phone',
        normal_phone.value,
        'sms',
        lower(raw.sms_marketing_consent_state),
        coalesce(raw.sms_marketing_consent_consent_updated_at, raw.created_at),
        raw.marketing_opt_in_level,
        raw._batch
    from raw
    {{ normalised_phone('raw.phone', 'raw.default_address_country_code') }}
)

{{ marketing_answers('shopify') }}
