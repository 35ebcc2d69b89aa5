-- One row per ad and day with conversions in Meta Ads. Meta counts one purchase under several overlapping kinds (all channels, the
-- website, the pixel alone): of these the widest that is told counts, never their sum. Where nothing is sold, leads count.
{{ config(enabled=feeds('facebook_ads', 'basic_ad')) }}
{% set kinds = [
    'omni_purchase', 'purchase', 'offsite_conversion.fb_pixel_purchase', 'lead', 'offsite_conversion.fb_pixel_lead',
] %}
{% set paths = ['$.action_type', '$.value'] %}
{% set action = json_picked('in_record', paths) %}

with ads as (
    select
        ad_id,
        date,
        actions,
        action_values
    from {{ ref('stg_facebook_ads__ad_day') }}
    where actions is not null or action_values is not null
),

in_lists as (
    {% for column, figure in [('actions', 'number'), ('action_values', 'worth')] %}
    select
        ads.ad_id,
        ads.date,
        '{{ figure }}' as figure,
        {{ json_pick('items.record', paths) }} as in_record
    from ads
    {{ json_unnest('ads.' ~ column, 'items') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

told as (
    select ad_id, date, 'number' as figure, lower(action_type) as kind, value
    from {{ ref('stg_facebook_ads__basic_ad_actions') }}
    union all
    select ad_id, date, 'worth', lower(action_type), value
    from {{ ref('stg_facebook_ads__basic_ad_action_values') }}
    union all
    select ad_id, date, figure, lower({{ action.action_type }}), {{ money(action.value) }}
    from in_lists
),

ranked as (
    select
        *,
        case kind{% for kind in kinds %} when '{{ kind }}' then {{ loop.index }}{% endfor %} end as width
    from told
    where kind in ('{{ kinds | join("', '") }}')
),

widest as (
    select *
    from ranked
    qualify row_number() over (partition by ad_id, date, figure order by width, value desc nulls last) = 1
)

select
    ad_id,
    date,
    max(case when figure = 'number' then value end) as conversions,
    max(case when figure = 'worth' then value end) as conversion_value
from widest
group by ad_id, date
