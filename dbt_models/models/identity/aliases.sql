-- One row per id that a person is or was known by besides the one that counts now. Every identifier has an id of its own, by which
-- a person named after it would go, so however many merges lie between, one look-up leads to the person of today. Of an id whose
-- identifier is gone, the journal of changes tells who took it over.
{% set doublings = 12 %}

with own as (
    select own_id, profile_id from {{ ref('resolved_identifiers') }}
),

gone as (
    select
        changes.old_profile_id as alias,
        changes.profile_id,
        row_number() over (
            partition by changes.old_profile_id
            order by changes.position desc, changes.identifiers desc, changes.profile_id
        ) as recency
    from {{ ref('profile_changes') }} as changes
    left join own on changes.old_profile_id = own.own_id
    where own.own_id is null
),

-- Each step doubles how far it looks: {{ 2 ** doublings }} changes in all.
step_0 as (
    select alias, profile_id from gone where recency = 1
),

{% for step in range(1, doublings + 1) %}
step_{{ step }} as (
    select one.alias, coalesce(next.profile_id, one.profile_id) as profile_id
    from step_{{ step - 1 }} as one
    left join step_{{ step - 1 }} as next on one.profile_id = next.alias
),

{% endfor %}
known as (
    select own_id as alias, profile_id
    from own
    where own_id <> profile_id
    union all
    select gone.alias, own.profile_id
    from step_{{ doublings }} as gone
    inner join own on gone.profile_id = own.own_id
)

select alias, profile_id
from known
