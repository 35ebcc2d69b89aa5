-- One row per past merge, split or renaming of a person: a journal, kept for ever.
-- What the previous run called each identifier's person, against what this run calls it.
-- depends_on: {{ ref('resolved_identifiers') }}, {{ source('control', 'run') }}
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}
{% set previous = adapter.get_relation(this.database, this.schema, 'identifiers') if execute else none %}

{% if previous %}
with moved as (
    select before.profile_id as old_profile_id, now.profile_id, count(*) as identifiers
    from {{ previous }} as before
    inner join {{ ref('resolved_identifiers') }} as now
        on before.identifier_type = now.identifier_type and before.identifier = now.identifier
    where before.profile_id <> now.profile_id
    group by 1, 2
),

described as (
    select
        moved.old_profile_id,
        moved.profile_id,
        moved.identifiers,
        count(*) over (partition by moved.old_profile_id) as heirs,
        old_ids.profile_id is not null as old_lives_on,
        new_ids.profile_id is not null as new_was_known
    from moved
    left join (select distinct profile_id from {{ ref('resolved_identifiers') }}) as old_ids on moved.old_profile_id = old_ids.profile_id
    left join (select distinct profile_id from {{ previous }}) as new_ids on moved.profile_id = new_ids.profile_id
)

select
    old_profile_id,
    profile_id,
    case
        when old_lives_on or heirs > 1 then 'split'
        when new_was_known then 'merge'
        else 'renaming'
    end as kind,
    run.as_of as at,
    'oldest_identifier' as rule,
    cast(identifiers as varchar(20)) || ' identifiers moved' as evidence,
    run.run_id,
    {% if is_incremental() %}(select coalesce(max(position), 0) from {{ this }}){% else %}0{% endif %} + 1 as position
from described
cross join {{ source('control', 'run') }} as run
{% if is_incremental() %}
-- A run that was killed and comes again has already said so.
where not exists (
    select 1 from {{ this }} as past
    where past.run_id = run.run_id and past.old_profile_id = described.old_profile_id and past.profile_id = described.profile_id
)
{% endif %}
{% else %}
select
    cast(null as varchar(30)) as old_profile_id,
    cast(null as varchar(30)) as profile_id,
    cast(null as varchar(10)) as kind,
    cast(null as timestamp) as at,
    cast(null as varchar(30)) as rule,
    cast(null as varchar(40)) as evidence,
    cast(null as varchar(20)) as run_id,
    cast(null as bigint) as position
where false
{% endif %}
