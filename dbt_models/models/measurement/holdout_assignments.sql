-- One row per audience with a holdout (and `all` of them together) and person who took part in a trial, under the name they were drawn by: in
-- which trial, and in which group. They take part from the first run that finds them in the audience while its draw is in force: who
-- was there before does since the trial began, not since they entered. A journal: draws change, people get other names and are
-- forgotten, but what they were once assigned to is what they are measured by. Nobody takes part twice: whoever was spared or spoken to in
-- an earlier trial bears its marks, and so does who of them is still there.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='append_new_columns') }}

with running as (
    select * from {{ ref('holdout_trials') }}
    qualify row_number() over (partition by audience order by trial desc) = 1
),

drawn as (
    select members.audience, members.profile_id, running.trial, members.holdout as is_held_out
    from {{ ref('members') }} as members
    inner join running on members.audience = running.audience and running.share > 0
    where not members.is_of_both
    union all
    select distinct running.audience, members.profile_id, running.trial, {{ is_held_out_of_all('members.profile_id', 'running') }}
    from {{ ref('members') }} as members
    inner join running on running.audience = 'all' and running.share > 0
    where members.kind <> 'suppression'
)

select
    drawn.audience,
    drawn.profile_id,
    drawn.trial,
    {{ as_of() }} as assigned_at,
    drawn.is_held_out
from drawn
{% if is_incremental() -%}
left join {{ this }} as known on drawn.audience = known.audience and drawn.profile_id = known.profile_id
where known.audience is null
{%- endif %}
