-- One row per person, channel and reason for which they are sent nothing there now, with until when: as many messages as the settings
-- allow on the channel or over all, or a complaint, after which all channels are silent.
with sent as (
    select
        profile_id,
        channel,
        happened_at,
        row_number() over (partition by profile_id, channel order by happened_at desc) as place,
        row_number() over (partition by profile_id order by happened_at desc) as place_of_all
    from {{ ref('message_history') }}
    where kind = 'sent'
),

caps as (
    select sent.profile_id, caps.channel, 'channel' as capped_by, {{ days_after('sent.happened_at', 'caps.days') }} as capped_until
    from sent
    inner join {{ source('control', 'channel_caps') }} as caps on sent.channel = caps.channel and sent.place = caps.messages
    union all
    select sent.profile_id, caps.channel, 'overall', {{ days_after('sent.happened_at', 'pressure.overall_days') }}
    from sent
    cross join {{ source('control', 'channel_caps') }} as caps
    inner join {{ source('control', 'pressure') }} as pressure on sent.place_of_all = pressure.overall_messages
    union all
    select complaints.profile_id, caps.channel, 'complaint', {{ days_after('max(complaints.happened_at)', 'max(pressure.complaint_days)') }}
    from {{ ref('message_history') }} as complaints
    cross join {{ source('control', 'channel_caps') }} as caps
    cross join {{ source('control', 'pressure') }} as pressure
    where complaints.kind = 'complained'
    group by 1, 2
)

select caps.profile_id, caps.channel, caps.capped_by, caps.capped_until
from caps
cross join {{ source('control', 'run') }} as run
where caps.capped_until > run.as_of
