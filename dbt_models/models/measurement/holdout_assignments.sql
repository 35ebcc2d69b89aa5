-- One row per audience with a holdout and person who ever entered it, under the name they were drawn by: which group they fell in the
-- first time, at which share. A journal: shares change, people get other names and are forgotten, but what they were once assigned to
-- is what they are measured by.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}

with entries as (
    select audience, profile_id, min(entered_at) as assigned_at, min(position) as position
    from {{ ref('membership_changes') }}
    where change = 'entered'
    {% if is_incremental() -%}
    and position > (select coalesce(max(position), 0) from {{ this }})
    {% endif -%}
    group by 1, 2
)

select
    entries.audience,
    entries.profile_id,
    entries.assigned_at,
    {{ is_held_out('entries.audience', 'entries.profile_id') }} as is_held_out,
    -- Drawn for the audience, or for all of them.
    cast(round(1 - (1 - audiences.holdout_share) * (1 - company.holdout_overall), 9) as double) as share,
    {{ is_held_out_of_all('entries.profile_id') }} as is_held_out_of_all,
    cast(company.holdout_overall as double) as share_of_all,
    entries.position
from entries
inner join {{ source('control', 'audiences') }} as audiences on entries.audience = audiences.audience
cross join {{ source('control', 'company') }} as company
{% if is_incremental() -%}
left join {{ this }} as known on entries.audience = known.audience and entries.profile_id = known.profile_id
{% endif -%}
where audiences.kind <> 'suppression'
  and (audiences.holdout_share > 0 or company.holdout_overall > 0)
  {% if is_incremental() -%}
  and known.audience is null
  {%- endif %}
