-- One row per conversion that Google Ads may be told of and was not told yet; `left_out` says why it is not, where it can't be.
-- With the newest click that came before it, one id in a row, and with address and number (enhanced conversions for leads).
-- A click counts when the file is uploaded within 90 days of it, address and number within 63 days of the click that led to them; of
-- that one nobody knows, so the conversion itself, which came after it, sets the limit (support.google.com/google-ads/answer/2998031).
-- Google refuses what is told within 6 hours of the click (ConversionUploadError TOO_RECENT_EVENT), so the news wait that long.
-- What has been given back since is worth what is left, and nothing is told of what was given back whole.
{% set click_days, contact_days, click_hours, looked_at_days = 90, 63, 6, 180 %}

with told as (
    {{ told_conversions(['google_offline_conversions']) | indent(4) }}
),

conversions as (
    select conversions.*, {{ conversion_key('conversions') }} as conversion_key, kinds.google_conversion as conversion_name, run.as_of
    from {{ ref('conversions') }} as conversions
    inner join {{ ref('conversion_values') }} as kinds on conversions.kind = kinds.kind
    cross join {{ source('control', 'run') }} as run
    where kinds.google_conversion is not null and conversions.occurred_at > {{ days_before('run.as_of', looked_at_days) }}
      and conversions.occurred_at <= run.as_of
),

clicks as (
    select conversions.conversion_id, clicks.click_id_type, clicks.click_id, clicks.clicked_at
    from conversions
    inner join {{ ref('click_ids') }} as clicks
        on conversions.profile_id = clicks.profile_id and clicks.clicked_at <= conversions.occurred_at
    where clicks.click_id_type in ('gclid', 'gbraid', 'wbraid')
      -- What stands in the address and is none of Google's (`gclid=test`) must not hide the click before it.
      and {{ matches('clicks.click_id', '^[A-Za-z0-9._-]{10,255}$') }}
    qualify row_number() over (
        partition by conversions.conversion_id order by clicks.clicked_at desc, clicks.click_id_type, clicks.click_id
    ) = 1
),

known_by as (
    select
        conversions.*,
        -- As it will stand in the file, to the cent.
        cast(conversions.net_value as decimal(18, 2)) as value,
        {{ conversion_number('conversions') }} as order_id,
        people.is_internal,
        coalesce(clicks.click_id, people.email, people.phone) is not null as is_known,
        case when clicks.clicked_at > {{ days_before('conversions.as_of', click_days) }} then clicks.click_id end as click_id,
        case when clicks.clicked_at > {{ days_before('conversions.as_of', click_days) }} then clicks.click_id_type end as click_id_type,
        {% for kind in ['email', 'phone'] -%}
        case when conversions.occurred_at > {{ days_before('conversions.as_of', contact_days) }} then people.{{ kind }} end as {{ kind }}{{ ',' if not loop.last }}
        {% endfor %}
    from conversions
    inner join {{ ref('profiles') }} as people on conversions.profile_id = people.profile_id
    left join clicks on conversions.conversion_id = clicks.conversion_id
    left join told on conversions.conversion_key = told.conversion_key
    where told.conversion_key is null
)

select
    known_by.conversion_key as record_key,
    known_by.profile_id,
    case
        when known_by.is_internal then 'internal'
        when known_by.value <= 0 then 'given back'
        when not known_by.is_known then 'nothing to match'
        when coalesce(known_by.click_id, known_by.email, known_by.phone) is null then 'too late'
        when known_by.occurred_at > {{ hours_before('known_by.as_of', click_hours) }} then 'too early'
    end as left_out,
    {% for type in ['gclid', 'gbraid', 'wbraid'] -%}
    case when known_by.click_id_type = '{{ type }}' then known_by.click_id end as {{ type }},
    {% endfor -%}
    known_by.email,
    known_by.phone,
    known_by.conversion_name,
    {{ zoned_time('known_by.occurred_at') }} as conversion_time,
    known_by.value,
    case when known_by.value is not null then known_by.currency end as currency,
    known_by.order_id,
    -- Whoever has not consented to the use of their data stands in no file at all.
    'Granted' as ad_user_data,
    case when consents.status = 'granted' then 'Granted' else 'Denied' end as ad_personalization,
    {{ conversion_journal('known_by.conversion_key', 'known_by') }} as journal
from known_by
left join {{ ref('profile_consents') }} as consents
    on known_by.profile_id = consents.profile_id and consents.purpose = 'ad_personalization'
