-- One row per conversion off the site that Meta may be told of and was not told yet; `left_out` says why it is not, where it can't be.
-- Purchases over a counter or by telephone are `physical_store`, as Meta wants of all offline events, and may be 62 days old; stages of
-- leads and subscriptions, which systems report, are `system_generated` and may be 7 days old, as everything else
-- (developers.facebook.com/docs/marketing-api/conversions-api/offline-events and /parameters/server-event). A purchase on the site is
-- the pixel's to report: Meta takes none without the buyer's browser. An order counts as such unless its channel says that it was
-- sold elsewhere: what the pixel has told as well would count twice, and Meta takes nothing back.
-- What has been given back since is worth what is left. What is given back later can't be told: Meta knows no adjustments.
{% set store_days, system_days, click_days, looked_at_days = 62, 7, 90, 180 %}
{% set traits = ['email', 'phone', 'first_name', 'last_name', 'city', 'region', 'postal_code', 'country', 'birth_date', 'gender'] %}

with told as (
    {{ told_conversions(['meta_offline_conversions']) | indent(4) }}
),

conversions as (
    select
        conversions.*,
        {{ conversion_key('conversions') }} as conversion_key,
        {{ conversion_number('conversions') }} as order_id,
        kinds.meta_event as conversion_name,
        case when conversions.kind = 'purchase' then 'physical_store' else 'system_generated' end as action_source,
        case when conversions.kind = 'purchase' then {{ store_days }} else {{ system_days }} end as days,
        run.as_of
    from {{ ref('conversions') }} as conversions
    inner join {{ ref('conversion_values') }} as kinds on conversions.kind = kinds.kind
    cross join {{ source('control', 'run') }} as run
    where kinds.meta_event is not null and conversions.occurred_at > {{ days_before('run.as_of', looked_at_days) }}
      and conversions.occurred_at <= run.as_of
),

-- As Meta's own cookie would say it: version, depth of the domain, when the click was first seen, and the click.
clicks as (
    select
        conversions.conversion_id,
        'fb.1.' || cast({{ unix_seconds('clicks.clicked_at') }} as string) || '000.' || clicks.click_id as fbc
    from conversions
    inner join {{ ref('click_ids') }} as clicks
        on conversions.profile_id = clicks.profile_id and clicks.clicked_at <= conversions.occurred_at
    where clicks.click_id_type = 'fbclid' and clicks.clicked_at > {{ days_before('conversions.occurred_at', click_days) }}
    qualify row_number() over (partition by conversions.conversion_id order by clicks.clicked_at desc, clicks.click_id) = 1
),

browsers as (
    select profile_id, {{ newest('identifier', 'first_seen') }} as fbp
    from {{ ref('identifiers') }}
    where identifier_type = 'fbp'
    group by profile_id
),

known_by as (
    select
        conversions.*,
        -- As it will stand in the file, to the cent.
        cast(conversions.net_value as decimal(18, 2)) as value,
        'fbclid' as click_id_type,
        people.is_internal,
        {% for trait in traits -%}
        people.{{ trait }},
        {% endfor -%}
        clicks.fbc,
        browsers.fbp
    from conversions
    inner join {{ ref('profiles') }} as people on conversions.profile_id = people.profile_id
    left join clicks on conversions.conversion_id = clicks.conversion_id
    left join browsers on conversions.profile_id = browsers.profile_id
    left join told on conversions.conversion_key = told.conversion_key
    where told.conversion_key is null
)

select
    known_by.conversion_key as record_key,
    known_by.profile_id,
    case
        when known_by.is_internal then 'internal'
        when known_by.value <= 0 then 'given back'
        when known_by.kind = 'purchase' and not {{ sold_off_site('known_by.channel') }} then 'on the site'
        when coalesce(known_by.email, known_by.phone, known_by.fbc, known_by.fbp) is null then 'nothing to match'
        when known_by.occurred_at <= {{ days_before('known_by.as_of', 'known_by.days') }} then 'too late'
    end as left_out,
    known_by.conversion_name as event_name,
    {{ unix_seconds('known_by.occurred_at') }} as event_time,
    known_by.action_source,
    known_by.order_id,
    known_by.value,
    -- A value needs its currency, and a currency without a value is of no use.
    case when known_by.value is not null then known_by.currency end as currency,
    {% for trait in traits -%}
    known_by.{{ trait }},
    {% endfor -%}
    known_by.fbc,
    known_by.fbp,
    {{ conversion_journal('known_by.conversion_key', 'known_by') }} as journal
from known_by
