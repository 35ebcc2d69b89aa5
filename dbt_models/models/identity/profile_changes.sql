-- One row per past merge, split or renaming of a person: a journal, kept for ever.
-- What the previous run called each identifier's person, against what this run calls it. Of a merge or a renaming, the strongest and
-- oldest link that brought something new tells why; of a split, the link that joins no longer. Evidence names kinds and hashes,
-- no identifiers: the journal outlives them.
-- depends_on: {{ ref('resolved_identifiers') }}, {{ ref('edges') }}, {{ source('control', 'run') }}
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='append_new_columns',
    meta={'run_is_a_stamp': true}) }}
{% set previous = adapter.get_relation(this.database, this.schema, 'identifiers') if execute else none %}

{% if previous %}
with compared as (
    select
        coalesce(before.identifier_type, now.identifier_type) as identifier_type,
        coalesce(before.identifier, now.identifier) as identifier,
        before.profile_id as old_profile_id,
        now.profile_id
    from {{ previous }} as before
    full outer join {{ ref('resolved_identifiers') }} as now
        on before.identifier_type = now.identifier_type and before.identifier = now.identifier
    where before.profile_id is distinct from now.profile_id
),

moved as (
    select old_profile_id, profile_id, count(*) as identifiers
    from compared
    where old_profile_id is not null and profile_id is not null
    group by old_profile_id, profile_id
),

described as (
    select
        moved.old_profile_id,
        moved.profile_id,
        moved.identifiers,
        case
            when old_ids.profile_id is not null or count(*) over (partition by moved.old_profile_id) > 1 then 'split'
            when new_ids.profile_id is not null then 'merge'
            else 'rename'
        end as kind
    from moved
    left join (select distinct profile_id from {{ ref('resolved_identifiers') }}) as old_ids on moved.old_profile_id = old_ids.profile_id
    left join (select distinct profile_id from {{ previous }}) as new_ids on moved.profile_id = new_ids.profile_id
),

-- Links at the identifiers that moved, or that came to whom they moved to.
ends as (
    select edges.*, compared.old_profile_id, compared.profile_id, true as is_left
    from {{ ref('edges') }} as edges
    inner join compared on edges.left_type = compared.identifier_type and edges.left_identifier = compared.identifier
    union all
    select edges.*, compared.old_profile_id, compared.profile_id, false
    from {{ ref('edges') }} as edges
    inner join compared on edges.right_type = compared.identifier_type and edges.right_identifier = compared.identifier
),

others as (
    select
        ends.*,
        before.profile_id as other_old_profile_id,
        now.profile_id as other_profile_id
    from ends
    left join {{ previous }} as before
        on case when ends.is_left then ends.right_type else ends.left_type end = before.identifier_type
        and case when ends.is_left then ends.right_identifier else ends.left_identifier end = before.identifier
    left join {{ ref('resolved_identifiers') }} as now
        on case when ends.is_left then ends.right_type else ends.left_type end = now.identifier_type
        and case when ends.is_left then ends.right_identifier else ends.left_identifier end = now.identifier
),

causes as (
    select
        described.old_profile_id,
        described.profile_id,
        others.rule,
        others.refused_reason,
        others.left_type,
        others.right_type,
        {{ sha256("others.left_type || '|' || others.left_identifier || '|' || others.right_type || '|' || others.right_identifier") }} as edge,
        row_number() over (
            partition by described.old_profile_id, described.profile_id
            order by others.tier, others.first_seen nulls last, others.left_type, others.left_identifier, others.right_type,
                others.right_identifier, others.rule
        ) as rank
    from described
    inner join others
        on described.old_profile_id = others.old_profile_id and described.profile_id = others.profile_id
        and case
            when described.kind = 'split'
                then not others.accepted and others.other_old_profile_id = described.old_profile_id
                and others.other_profile_id <> described.profile_id
            else others.accepted and others.other_old_profile_id is distinct from described.old_profile_id
        end
)

select
    described.old_profile_id,
    described.profile_id,
    described.kind,
    run.as_of as at,
    -- A link that is no longer told of leaves nothing behind to name.
    coalesce(causes.refused_reason, causes.rule, case when described.kind = 'split' then 'withdrawn' else 'oldest_identifier' end) as rule,
    {{ json_object({
        'identifiers': 'described.identifiers', 'left_type': 'causes.left_type', 'right_type': 'causes.right_type', 'edge': 'causes.edge',
    }) }} as evidence,
    described.identifiers,
    run.run_id,
    {% if is_incremental() %}(select coalesce(max(position), 0) from {{ this }}){% else %}0{% endif %} + 1 as position
from described
left join causes on described.old_profile_id = causes.old_profile_id and described.profile_id = causes.profile_id and causes.rank = 1
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
    cast(null as varchar(400)) as evidence,
    cast(null as bigint) as identifiers,
    cast(null as varchar(20)) as run_id,
    cast(null as bigint) as position
where false
{% endif %}
