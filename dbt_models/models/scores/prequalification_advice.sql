-- One row per check on leads: of all who were scored or asked, how many fail it; of those whose days to convert are over, how many did
-- of these and of the others; and what follows. Where few fail, filtering costs more than it saves; a check whose failures convert as
-- well as others keeps buyers out; who is outside the target in age, area or occupation is for a human to refuse.
with checks as (
    select * from {{ source('control', 'prequalification') }}
),

people as (
    select profile_id, has_converted from {{ ref('lead_people') }}
),

failed as (
    select distinct profile_id, check_name from {{ ref('lead_checks') }}
),

counted as (
    select
        checks.check_name,
        checks.position,
        checks.strictness,
        count(people.profile_id) as leads,
        count(failed.profile_id) as failing,
        count(people.has_converted) filter (where failed.profile_id is not null) as failing_known,
        count(people.profile_id) filter (where failed.profile_id is not null and people.has_converted) as failing_converted,
        count(people.has_converted) filter (where failed.profile_id is null) as others_known,
        count(people.profile_id) filter (where failed.profile_id is null and people.has_converted) as others_converted
    from checks
    left join people on true
    left join failed on checks.check_name = failed.check_name and people.profile_id = failed.profile_id
    group by 1, 2, 3
),

measured as (
    select
        *,
        cast({{ rounded('failing / cast(nullif(leads, 0) as double)', 6) }} as double) as failing_share,
        cast({{ rounded('failing_converted / cast(nullif(failing_known, 0) as double)', 6) }} as double) as failing_conversion,
        cast({{ rounded('others_converted / cast(nullif(others_known, 0) as double)', 6) }} as double) as others_conversion,
        cast({{ rounded(wilson('failing_converted', 'failing_known', '+'), 6) }} as double) as failing_conversion_at_most
    from counted
),

aimed as (
    select 'age' as name, count(*) filter (where attribute = 'age') > 0 as at_it from {{ source('control', 'lead_targets') }}
    union all
    select 'area', count(*) filter (where attribute in ('countries', 'regions', 'postal_codes')) > 0 from {{ source('control', 'lead_targets') }}
    union all
    select 'occupation', count(*) filter (where attribute = 'occupations') > 0 from {{ source('control', 'lead_targets') }}
),

judged as (
    select
        *,
        case
            when strictness = 'off' then 'not measured: the check is off'
            when failing = 0 and check_name in ('age', 'area', 'occupation') and not aimed.at_it then 'no target is set'
            when leads < 100 then 'too few leads to tell'
            when failing_share < 0.02 then 'few fail: filtering costs more than it saves'
            when check_name = 'unreachable' then 'nobody can be written to or called'
            when failing_known < 30 then 'too few of those who fail are old enough to tell'
            when failing_conversion_at_most < others_conversion / 2 then 'they convert less than half as often'
            when failing_conversion_at_most < others_conversion then 'they convert less often'
            else 'they convert as often as others, as far as can be told'
        end as reason
    from measured
    left join aimed on measured.check_name = aimed.name
)

select
    check_name,
    position,
    strictness,
    leads,
    failing,
    failing_share,
    failing_known,
    failing_conversion,
    failing_conversion_at_most,
    others_known,
    others_conversion,
    case reason
        when 'few fail: filtering costs more than it saves' then 'off'
        when 'nobody can be written to or called' then 'refuse'
        when 'they convert less than half as often' then case when check_name in ('age', 'area', 'occupation') then 'flag' else 'refuse' end
        when 'they convert less often' then 'flag'
        when 'they convert as often as others, as far as can be told' then 'off'
        else strictness
    end as advice,
    reason
from judged
