{#
    What the policy makes of what was said: one row per row of `subjects`, with status, basis, since, said_with, collected_by, proof.

    subjects:   relation: profile_id, purpose, subject (the person, '', or one address); is_customer, is_professional, is_anyone:
                whether a policy's basis for such people may apply to it; region and the moments of consent_people
    statements: relation: profile_id, purpose, subject, and the columns of consent_statements: what was said that concerns the subject

    1. A grant counts if the policy's proof and confirmation are there. If the person has ever withdrawn the purpose, with whichever
       identifier, a grant needs a proof.
    2. Of what counts, the newest holds; said at the same moment, a refusal weighs more than a grant.
    3. A grant lasts grant_days after it was given or after the last thing the person did themselves, whichever is later, and
       ends with the day before the one on which these have passed: what holds in the morning holds until midnight.
    4. Where nothing is said or left, the policy's basis holds, if the person has never refused the purpose with any identifier.

    status: granted (they may be spoken to, or it may be done), denied, withdrawn, expired (a grant too old), unproven (a grant that does
    not count), unknown (silence, and no basis). basis: `statement` where what was said decides, else the policy's.
#}
{% macro consent_decided(subjects, statements) %}
with today as (
    select ends_at from {{ source('control', 'today') }}
),

policies as (
    select
        region,
        purpose,
        bool_or(needs_proof) as needs_proof,
        bool_or(double_opt_in) as double_opt_in,
        max(grant_days) as grant_days,
        {% for kind in ['customer', 'professional', 'anyone'] -%}
        max(case when person_kind = '{{ kind }}' and unknown = 'allowed' then basis end) as {{ kind }}_basis,
        max(case when person_kind = '{{ kind }}' and unknown = 'allowed' then basis_days end) as {{ kind }}_days{{ ',' if not loop.last }}
        {% endfor %}
    from {{ source('control', 'consent_policy') }}
    group by region, purpose
),

refusals as (
    select
        profile_id,
        purpose,
        max(case when status = 'withdrawn' then 1 else 0 end) = 1 as has_withdrawn
    from {{ ref('consent_statements') }}
    where status <> 'granted'
    group by profile_id, purpose
),

newest as (
    select *
    from (
        select
            statements.*,
            statements.identifier_type || ':' || statements.identifier as said_with,
            statements.status <> 'granted' or (
                (statements.is_proven or not (policies.needs_proof or coalesce(refusals.has_withdrawn, false)))
                and (statements.is_confirmed or not policies.double_opt_in)
            ) as counts
        from {{ statements }} as statements
        inner join policies on statements.region = policies.region and statements.purpose = policies.purpose
        left join refusals on statements.profile_id = refusals.profile_id and statements.purpose = refusals.purpose
    ) as weighed
    qualify row_number() over (
        partition by profile_id, purpose, subject
        order by
            case when counts then 0 else 1 end,
            occurred_at desc,
            case status when 'withdrawn' then 0 when 'denied' then 1 else 2 end,
            said_with,
            collected_by nulls last,
            proof nulls last
    ) = 1
),

decided as (
    select
        subjects.profile_id,
        subjects.purpose,
        subjects.subject,
        subjects.last_sale_at,
        subjects.first_seen_at,
        newest.status as said,
        newest.occurred_at,
        newest.said_with,
        newest.collected_by,
        newest.proof,
        case
            when newest.counts and newest.status <> 'granted' then newest.status
            when newest.counts and (
                policies.grant_days is null
                or greatest(newest.occurred_at, subjects.last_action_at) >= {{ days_before('today.ends_at', 'policies.grant_days') }}
            ) then 'granted'
            when newest.counts then 'expired'
            when newest.status is not null then 'unproven'
            else 'unknown'
        end as by_statement,
        {% for kind, since in [
            ('customer', 'subjects.last_sale_at'),
            ('professional', 'coalesce(subjects.last_action_at, subjects.first_seen_at)'),
            ('anyone', 'coalesce(subjects.last_action_at, subjects.first_seen_at)'),
        ] -%}
        case
            when refusals.profile_id is null and subjects.is_{{ kind }} and (
                policies.{{ kind }}_days is null or {{ since }} >= {{ days_before('today.ends_at', 'policies.' ~ kind ~ '_days') }}
            ) then policies.{{ kind }}_basis
        end as {{ kind }}_basis{{ ',' if not loop.last }}
        {% endfor %}
    from {{ subjects }} as subjects
    cross join today
    inner join policies on subjects.region = policies.region and subjects.purpose = policies.purpose
    left join refusals on subjects.profile_id = refusals.profile_id and subjects.purpose = refusals.purpose
    left join newest
        on subjects.profile_id = newest.profile_id and subjects.purpose = newest.purpose and subjects.subject = newest.subject
),

concluded as (
    select
        *,
        coalesce(customer_basis, professional_basis, anyone_basis) as silent_basis,
        by_statement in ('expired', 'unproven', 'unknown') and coalesce(customer_basis, professional_basis, anyone_basis) is not null
            as is_by_basis
    from decided
)

select
    profile_id,
    purpose,
    subject,
    case when is_by_basis then 'granted' else by_statement end as status,
    case when is_by_basis then silent_basis when said is not null then 'statement' end as basis,
    case
        when is_by_basis and customer_basis is not null then last_sale_at
        when is_by_basis then first_seen_at
        else occurred_at
    end as since,
    case when not is_by_basis then said_with end as said_with,
    case when not is_by_basis then collected_by end as collected_by,
    case when not is_by_basis then proof end as proof
from concluded
{% endmacro %}

{# Purposes whose consent belongs to an address: kind of address → purposes. #}
{% macro addressed_purposes() %}
    {{ return({'email': ['email', 'email_tracking'], 'phone': ['sms', 'whatsapp', 'phone']}) }}
{% endmacro %}
