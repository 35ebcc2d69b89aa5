-- One row per person, channel and reason for which they are sent nothing there now, with until when; of the reason `audience`, that goes
-- for what this audience would send. What tools sent on their own counts for an audience from when the person entered it.
with through_audience as (
    select members.audience, members.profile_id, history.channel, history.happened_at, caps.messages, caps.days
    from {{ source('control', 'audience_caps') }} as caps
    inner join {{ ref('members') }} as members on caps.audience = members.audience
    inner join {{ ref('message_history') }} as history
        on members.profile_id = history.profile_id and history.kind = 'sent'
        and (history.audience = members.audience or (history.audience is null and history.happened_at >= members.entered_at))
),

ranked as (
    select *, row_number() over (partition by audience, profile_id, channel order by happened_at desc) as place
    from through_audience
)

select profile_id, channel, cast(null as varchar(1)) as audience, capped_by, capped_until
from {{ ref('message_pressure') }}
union all
select ranked.profile_id, ranked.channel, ranked.audience, 'audience', {{ days_after('ranked.happened_at', 'ranked.days') }}
from ranked
cross join {{ source('control', 'run') }} as run
where ranked.place = ranked.messages and {{ days_after('ranked.happened_at', 'ranked.days') }} > run.as_of
