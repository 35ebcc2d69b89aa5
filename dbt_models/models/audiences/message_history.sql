-- One row per message that reached a person and per answer of theirs, as far back as any rule about messages looks: messages of
-- sequences that were exported, and what the tools say that they sent besides. Of an exported message the tool's first word within three
-- days is the same message; a message to one address on one day is one, however often the tool tells of it.
{% set told_in = [
    ('email', 'unified_email_events', "'email'", 'email', 'email', {
        'sent': "type = 'delivered'",
        'replied': "type = 'replied' and not coalesce(is_machine, false)",
        'clicked': "type = 'clicked' and not coalesce(is_machine, false)",
        'complained': "type = 'complained'",
    }),
    ('message', 'unified_message_events', 'channel', "case when channel = 'push' then 'push_token' else 'phone' end", 'identifier', {
        'sent': "type in ('sent', 'delivered')", 'replied': "type in ('replied', 'stop')", 'clicked': "type = 'clicked'",
    }),
    ('call', 'unified_calls', "'phone'", 'phone', 'phone', {
        'sent': "direction = 'outbound'", 'answered': 'outcome is not null and not ' ~ call_was_missed('outcome'),
        'refused': call_was_refused('outcome'),
    }),
] %}

with since as (
    select run.as_of, {{ days_before('run.as_of', 'pressure.longest_days') }} as earliest
    from {{ source('control', 'run') }} as run
    cross join {{ source('control', 'pressure') }} as pressure
),

own as (
    select sent.profile_id, sent.channel, sent.sent_at, sent.audience, sent.sequence
    from {{ ref('sent_steps') }} as sent
    inner join since on sent.sent_at >= since.earliest
),

told as (
    {% for name, model, channel, type, identifier, kinds in told_in -%}
    {% for kind, condition in kinds.items() -%}
    select
        '{{ kind }}' as kind,
        {{ channel }} as channel,
        {{ type if 'case' in type else "'" ~ type ~ "'" }} as identifier_type,
        {{ identifier }} as identifier,
        {{ 'call_id' if name == 'call' else 'coalesce(campaign_id, event_id)' }} as message,
        occurred_at,
        {{ local_date('occurred_at') }} as happened_on
    from {{ ref(model) }}
    cross join since
    where {{ identifier }} is not null and occurred_at >= since.earliest and occurred_at <= since.as_of and {{ condition }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

by_person as (
    select identifiers.profile_id, told.kind, told.channel, min(told.occurred_at) as happened_at
    from told
    inner join {{ ref('identifiers') }} as identifiers
        on told.identifier_type = identifiers.identifier_type and told.identifier = identifiers.identifier
    group by identifiers.profile_id, told.kind, told.channel, told.identifier, told.message, told.happened_on
),

same_message as (
    select own.profile_id, own.channel, own.sent_at, min(told.happened_at) as happened_at
    from own
    inner join by_person as told
        on own.profile_id = told.profile_id and own.channel = told.channel and told.kind = 'sent'
        and told.happened_at >= own.sent_at and told.happened_at < {{ hours_after('own.sent_at', 72) }}
    group by 1, 2, 3
)

select profile_id, channel, 'sent' as kind, sent_at as happened_at, audience, sequence
from own
union all
select told.profile_id, told.channel, told.kind, told.happened_at, cast(null as varchar(1)) as audience, cast(null as varchar(1)) as sequence
from by_person as told
left join (select distinct profile_id, channel, happened_at from same_message) as known
    on told.profile_id = known.profile_id and told.channel = known.channel and told.happened_at = known.happened_at and told.kind = 'sent'
where known.profile_id is null
