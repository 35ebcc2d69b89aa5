{% set people %}
    (select
        profiles.profile_id,
        count(consents.purpose) filter (where consents.status = 'granted') as granted,
        count(consents.purpose) filter (where consents.status in ('denied', 'withdrawn')) as refused
    from {{ ref('profiles') }} as profiles
    left join {{ ref('profile_consents') }} as consents
        on profiles.profile_id = consents.profile_id and consents.purpose in ('ads', 'platform_matching', 'email', 'sms', 'whatsapp', 'push', 'phone', 'post')
    group by 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={'no_channel_granted': "granted = 0 and (refused > 0 or " ~ company('unknown_consent') ~ " = 'denied')"},
    reason={'refused_purposes': 'refused'},
) }}
