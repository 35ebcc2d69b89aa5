-- One row per identifier that says nothing of who somebody is: too long to be one, listed as blocked or a mere placeholder, or with
-- more others hanging on it than one person can have (identity.limits). It joins nobody and stands for nobody.
with types as (
    select * from {{ ref('identifier_types') }}
),

seen as (
    select * from {{ ref('observed_identifiers') }}
),

patterns as (
    select types.identifier_type, blocked.pattern, instr(blocked.pattern, '%') > 0 or instr(blocked.pattern, '_') > 0 as is_wild
    from {{ ref('blocked_identifiers') }} as blocked
    inner join types on blocked.identifier_type in ('*', types.identifier_type)
),

ends as (
    {% for one, other in [('left', 'right'), ('right', 'left')] %}
    select
        links.{{ one }}_type as identifier_type,
        links.{{ one }}_identifier as identifier,
        links.{{ other }}_type as partner_type,
        links.{{ other }}_identifier as partner,
        limits.most
    from {{ ref('observed_links') }} as links
    inner join {{ source('control', 'identity_limits') }} as limits
        on links.{{ one }}_type = limits.identifier_type and links.{{ other }}_type = limits.partner_type
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Counting what differs costs much more than counting, and most have few.
crowded as (
    select identifier_type, identifier, partner_type, most
    from ends
    group by identifier_type, identifier, partner_type, most
    having count(*) > most
),

refused as (
    select ends.identifier_type, ends.identifier, 'fan_out' as reason
    from ends
    inner join crowded
        on ends.identifier_type = crowded.identifier_type and ends.identifier = crowded.identifier
        and ends.partner_type = crowded.partner_type
    group by ends.identifier_type, ends.identifier, ends.partner_type, ends.most
    having count(distinct ends.partner) > ends.most
    union all
    select seen.identifier_type, seen.identifier, 'blocked'
    from seen
    inner join patterns on seen.identifier_type = patterns.identifier_type and lower(seen.identifier) = patterns.pattern
    where not patterns.is_wild
    union all
    select seen.identifier_type, seen.identifier, 'blocked'
    from seen
    inner join patterns on seen.identifier_type = patterns.identifier_type and lower(seen.identifier) like patterns.pattern
    where patterns.is_wild
    union all
    select seen.identifier_type, seen.identifier, 'blocked'
    from seen
    left join types on seen.identifier_type = types.identifier_type
    where {{ is_placeholder('seen.identifier_type', 'types.kind', 'seen.identifier') }}
    union all
    select identifier_type, identifier, 'too_long'
    from seen
    where length(identifier) > 255
)

select identifier_type, identifier, min(reason) as reason
from refused
group by identifier_type, identifier
