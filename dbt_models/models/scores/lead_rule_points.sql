-- One row per person who is scored and rule that holds for them: the points, and what of them the rule found. Who is refused before
-- scoring has none; neither has anybody for what the policy of their region forbids to score.
with people as (
    select people.*
    from {{ ref('lead_people') }} as people
    left join (
        select distinct profile_id from {{ ref('lead_checks') }} where strictness = 'refuse' and check_name <> 'duplicate'
    ) as refused on people.profile_id = refused.profile_id
    where people.is_open and refused.profile_id is null
),

rules as (
    select * from {{ ref('lead_terms') }}
),

facts as (
    select facts.*
    from {{ ref('lead_facts') }} as facts
    inner join people on facts.profile_id = people.profile_id
),

compared as (
    select
        facts.profile_id,
        rules.rule_id,
        facts.value,
        facts.number,
        max(case
            when asked.rule_id is null then 0
            when rules.operator = 'contains' then case when instr(facts.folded, asked.folded) > 0 then 1 else 0 end
            when rules.operator = 'starts_with' then case when substr(facts.folded, 1, length(asked.folded)) = asked.folded then 1 else 0 end
            when facts.number is not null and asked.number is not null then case when facts.number = asked.number then 1 else 0 end
            when facts.folded = asked.folded then 1
            else 0
        end) as is_one_of
    from facts
    inner join rules on facts.attribute = rules.attribute and rules.kind = 'fact'
    left join {{ ref('lead_term_values') }} as asked on rules.rule_id = asked.rule_id
    group by facts.profile_id, rules.rule_id, facts.value, facts.number
),

told as (
    select
        compared.profile_id,
        rules.rule_id,
        {{ aged_points('rules', 1, 'compared.number') }} as points,
        {{ json_object({'attribute': 'rules.attribute', 'value': 'compared.value'}) }} as evidence
    from compared
    inner join rules on compared.rule_id = rules.rule_id
    where case
        when rules.operator in ('=', 'in', 'contains', 'starts_with') then compared.is_one_of = 1
        when rules.operator in ('!=', 'not_in') then compared.is_one_of = 0
        else {{ number_holds('rules', 'compared.number') }} or rules.operator = 'known'
    end
    union all
    select people.profile_id, rules.rule_id, rules.points, {{ json_object({'attribute': 'rules.attribute', 'value': 'null'}) }}
    from people
    cross join rules
    left join (
        select profile_id, attribute from facts where attribute in (select attribute from rules where operator = 'unknown')
    ) as known
        on people.profile_id = known.profile_id and rules.attribute = known.attribute
    where rules.kind = 'fact' and rules.operator = 'unknown' and known.profile_id is null
),

days as (
    select
        known.profile_id,
        rules.rule_id,
        {{ days_between('actions.action_date', 'today.as_of_date') }} as age,
        cast(sum(actions.times) as bigint) as times,
        cast(sum(actions.seconds) as bigint) as seconds,
        {{ money_sum('sum(actions.amount)') }} as amount
    from (
        select people.profile_id, identifiers.identifier_type, identifiers.identifier
        from people
        inner join {{ ref('identifiers') }} as identifiers on people.profile_id = identifiers.profile_id
    ) as known
    inner join {{ ref('actions') }} as actions
        on known.identifier_type = actions.identifier_type and known.identifier = actions.identifier
    inner join {{ ref('lead_term_actions') }} as names on actions.action = names.action
    inner join rules on names.rule_id = rules.rule_id
    cross join {{ source('control', 'today') }} as today
    where rules.within_days is null or {{ days_between('actions.action_date', 'today.as_of_date') }} <= rules.within_days
    group by 1, 2, 3
),

sums as (
    select
        days.profile_id,
        days.rule_id,
        min(days.age) as age,
        cast(case min(rules.kind)
            when 'times' then sum(days.times)
            when 'seconds' then coalesce(sum(days.seconds), 0)
            when 'pages' then coalesce(sum(days.amount), 0)
            else min(days.age)
        end as double) as number,
        cast(sum({{ aged_points('rules', 'days.times', 'days.age') }}) as decimal(18, 4)) as points_each
    from days
    inner join rules on days.rule_id = rules.rule_id
    group by 1, 2
),

-- Who never did it has done it no times; when last, nobody can say.
done as (
    select profile_id, rule_id, age, number, points_each from sums
    union all
    select people.profile_id, rules.rule_id, null, 0, null
    from people
    cross join rules
    left join sums on people.profile_id = sums.profile_id and rules.rule_id = sums.rule_id
    where rules.kind <> 'fact'
      and sums.profile_id is null
      and case
          when rules.kind = 'days_since' or rules.operator in ('known', 'unknown') then rules.operator = 'unknown'
          else {{ number_holds('rules', '0') }}
      end
),

earned as (
    select * from told
    union all
    select
        done.profile_id,
        rules.rule_id,
        case when rules.per = 'each' and done.points_each is not null then done.points_each else {{ aged_points('rules', 1, 'coalesce(done.age, 0)') }} end,
        {{ json_object({'attribute': 'rules.attribute', 'value': 'cast(cast(done.number as decimal(18, 0)) as string)', 'days_ago': 'done.age'}) }}
    from done
    inner join rules on done.rule_id = rules.rule_id
    where {{ number_holds('rules', 'done.number') }} or rules.operator = 'unknown' and done.age is null
)

select
    earned.profile_id,
    rules.rule_id,
    rules.family,
    rules.axis,
    earned.points,
    earned.evidence
from earned
inner join rules on earned.rule_id = rules.rule_id
inner join people on earned.profile_id = people.profile_id
left join {{ source('control', 'forbidden_rules') }} as forbidden on rules.rule_id = forbidden.rule_id and people.region = forbidden.region
where forbidden.rule_id is null and earned.points <> 0
