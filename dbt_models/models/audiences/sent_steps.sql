-- One row per message of a sequence that earlier runs exported, under the name its person has today.
{{ config(materialized='view') }}

select
    sent.sequence,
    sent.step,
    sent.position,
    sent.channel,
    sent.kind,
    sent.audience,
    coalesce(aliases.profile_id, sent.profile_id) as profile_id,
    sent.started_at,
    sent.anchor_at,
    sent.sent_at
from {{ source('control', 'sent_messages') }} as sent
left join {{ ref('aliases') }} as aliases on sent.profile_id = aliases.alias
