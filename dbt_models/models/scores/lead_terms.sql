-- One row per rule in force, with what it asks as numbers: the seed lead_rules, read once.
with written as (
    select
        trim(rule_id) as rule_id,
        trim(family) as family,
        trim(attribute) as attribute,
        split_part(trim(attribute), '.', 1) as prefix,
        trim(operator) as operator,
        value,
        points,
        trim(per) as per,
        within_days,
        half_life_days
    from {{ ref('lead_rules') }}
    where enabled
)

select
    written.rule_id,
    written.family,
    families.axis,
    written.attribute,
    case when written.prefix in ('times', 'days_since', 'seconds', 'pages') and instr(written.attribute, '.') > 0 then written.prefix else 'fact' end as kind,
    written.operator,
    written.value,
    try_cast(trim(split_part(written.value, '|', 1)) as double) as low,
    try_cast(trim(nullif(split_part(written.value, '|', 2), '')) as double) as high,
    written.points,
    coalesce(nullif(written.per, ''), 'once') as per,
    written.within_days,
    written.half_life_days
from written
inner join (select trim(family) as family, trim(axis) as axis from {{ ref('lead_families') }}) as families on written.family = families.family
