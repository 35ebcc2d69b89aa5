-- One row per Google Ads campaign, in its newest version, with the utm_campaign that its links carry unless it is a placeholder.
{{ config(enabled=feeds('google_ads', 'campaign_stats')) }}

with raw as (
    {{ latest_version(source('raw_google_ads', 'campaign_history'), ['updated_at', '_fivetran_synced']) }}
),

tagged as (
    select
        *,
        coalesce(
            {{ url_parameter("concat('?', final_url_suffix)", 'utm_campaign') }}, {{ url_parameter('tracking_url_template', 'utm_campaign') }}
        ) as url_campaign
    from raw
),

-- Of Google's placeholders only the campaign's own id is the same for every click.
named as (
    select
        *,
        replace({{ url_decoded('url_campaign') }}, '{campaignid}', id) as tag
    from tagged
)

select
    id as campaign_id,
    name as campaign_name,
    case when instr(tag, '{') = 0 then tag end as utm_campaign
from named
