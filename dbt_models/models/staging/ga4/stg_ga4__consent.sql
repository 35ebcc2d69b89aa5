-- One row per event in Google Analytics 4 that tells what its visitor allowed: analytics storage as consent to trackers, ads storage
-- as consent to ads (privacy_info: https://support.google.com/analytics/answer/7029846). `Unset` is no answer. Without consent Google
-- sends pings that carry no id, or one that lasts for the visit alone: nobody whose answer could be kept.
{{ config(enabled=feeds('ga4', 'events')) }}
{% set paths = ['$.analytics_storage', '$.ads_storage', '$.uses_transient_token'] %}
{% set told = json_picked('in_privacy', paths) %}

with events as (
    select
        user_pseudo_id,
        _happened_at,
        {{ json_pick('privacy_info', paths) }} as in_privacy,
        _batch
    from {{ source('raw_ga4', 'events') }}
    where user_pseudo_id is not null and privacy_info is not null
),

answers as (
    {% for purpose, state in [('trackers', told.analytics_storage), ('ads', told.ads_storage)] -%}
    select
        user_pseudo_id,
        '{{ purpose }}' as purpose,
        case
            when lower({{ state }}) in ('yes', 'granted', 'true') then 'granted'
            when lower({{ state }}) in ('no', 'denied', 'false') then 'denied'
        end as status,
        _happened_at,
        _batch
    from events
    where coalesce(lower({{ told.uses_transient_token }}), 'no') not in ('yes', 'true')
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    user_pseudo_id as anonymous_id,
    purpose,
    status,
    _happened_at as occurred_at,
    'ga4' as source,
    _batch
from answers
where status is not null
