-- One row per device or login and period in which what it said last about trackers held: from the answer until the next one. What
-- was said at the same moment counts as a refusal if any of it was one. An answer that web events carry along stands at the first
-- and the last of them on each day.
{{ config(alias='tracker_consents') }}

with answers as (
    select identifier_type, identifier, status, occurred_at, _batch
    from {{ ref('unified_consents') }}
    where purpose = 'trackers' and identifier_type in ('anonymous_id', 'user_id')
    {% for at in ['first_at', 'last_at'] -%}
    union all
    select 'anonymous_id', anonymous_id, status, {{ at }}, _batch
    from {{ ref('unified_device_consents') }}
    where purpose = 'trackers'
    {% endfor %}
),

moments as (
    select
        identifier_type,
        identifier,
        occurred_at,
        min(case when status = 'granted' then 1 else 0 end) = 1 as is_granted,
        max(_batch) as _batch
    from answers
    where identifier is not null and occurred_at is not null
    group by identifier_type, identifier, occurred_at
)

select
    identifier_type,
    identifier,
    is_granted,
    occurred_at as since,
    lead(occurred_at, 1, timestamp '9999-12-31 00:00:00') over (partition by identifier_type, identifier order by occurred_at) as until,
    _batch
from moments
