-- One row per person, action and day of the company's time on which they did it or it reached them.
{{ config(materialized='view') }}

select
    identifiers.profile_id,
    actions.action,
    actions.action_date,
    cast(sum(actions.times) as bigint) as times,
    cast(sum(actions.seconds) as bigint) as seconds,
    {{ money_sum('sum(actions.amount)') }} as amount,
    min(actions.first_at) as first_at,
    max(actions.last_at) as last_at
from {{ ref('actions') }} as actions
inner join {{ ref('identifiers') }} as identifiers
    on actions.identifier_type = identifiers.identifier_type and actions.identifier = identifiers.identifier
group by identifiers.profile_id, actions.action, actions.action_date
