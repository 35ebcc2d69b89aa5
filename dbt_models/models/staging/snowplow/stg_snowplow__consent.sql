-- One row per choice in a consent banner (Snowplow's consent_preferences events) and purpose. The scopes a visitor allowed are the site's
-- own words: only those that can mean but one purpose are read. What was refused or withdrawn altogether needs no words. A consent
-- implied by staying on the site, or processing on another ground than consent, is no consent.
{{ config(enabled=feeds('snowplow', 'events')) }}
{% set words = {
    'trackers': ['analytics', 'analytics_storage', 'statistics', 'performance', 'measurement'],
    'ads': ['advertisement', 'advertising', 'ads', 'ad_storage', 'targeting'],
    'ad_user_data': ['ad_user_data'],
    'ad_personalization': ['ad_personalization'],
} %}
{% set paths = [
    '$.eventType', '$.event_type', '$.consentScopes', '$.consent_scopes', '$.basisForProcessing', '$.basis_for_processing',
    '$.consentUrl', '$.consent_url', '$.consentVersion', '$.consent_version',
] %}
{% set choice = json_picked('in_told', paths) %}

with events as (
    select
        *,
        {{ json_pick('unstruct_event', snowplow_unstruct_paths()) }} as in_unstruct
    from {{ source('raw_snowplow', 'events') }}
    where event_name = 'consent_preferences'
),

told as (
    select
        *,
        {{ snowplow_told(['consent_preferences']) }} as told
    from events
),

picked as (
    select
        *,
        {{ json_pick('told', paths) }} as in_told
    from told
),

choices as (
    select
        case when domain_userid is not null then 'anonymous_id' else 'user_id' end as identifier_type,
        coalesce(domain_userid, user_id) as identifier,
        coalesce({{ choice.eventType }}, {{ choice.event_type }}) as kind,
        lower(coalesce({{ choice.consentScopes }}, {{ choice.consent_scopes }}, '')) as scopes,
        coalesce({{ choice.basisForProcessing }}, {{ choice.basis_for_processing }}, 'consent') as basis,
        concat(
            coalesce({{ choice.consentUrl }}, {{ choice.consent_url }}, ''),
            ' ',
            coalesce({{ choice.consentVersion }}, {{ choice.consent_version }}, '')
        ) as proof,
        _happened_at as occurred_at,
        _batch
    from picked
),

answers as (
    {% for purpose, names in words.items() %}
    select
        *,
        '{{ purpose }}' as purpose,
        case
            when kind = 'deny_all' then 'denied'
            when kind in ('withdrawn', 'expired') then 'withdrawn'
            when kind in ('allow_all', 'allow_selected') and basis = 'consent' and {{ matches('scopes', '"(' ~ names | join('|') ~ ')"') }}
                then 'granted'
            {% if purpose in ('trackers', 'ads') -%}
            -- Whoever chose, and among words that we know did not choose this one, refused it.
            when kind = 'allow_selected' and {{ matches('scopes', '"(' ~ (words.trackers + words.ads) | join('|') ~ ')"') }} then 'denied'
            {%- endif %}
        end as status
    from choices
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    identifier_type,
    identifier,
    purpose,
    status,
    occurred_at,
    'snowplow' as collected_by,
    nullif(trim(proof), '') as proof,
    null as traits,
    'snowplow' as source,
    _batch
from answers
where identifier is not null and status is not null
