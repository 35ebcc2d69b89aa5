-- One row per person who is scored as a lead or a prospect, or who once asked, so that it can be learnt from what became of them:
-- whether they converted in the days that a lead is given. NULL where these have not passed yet, of who had bought before they asked,
-- and of who never asked.
with asked as (
    select
        identifiers.profile_id,
        min(leads.created_at) as first_asked_at,
        max(leads.created_at) as last_asked_at,
        min(case when leads.converted_at <= {{ today('ends_at') }} then leads.converted_at end) as converted_at,
        max(case when leads.converted_at is null and {{ is_sold('leads.status') }} then 1 else 0 end) = 1 as is_won
    from {{ ref('unified_leads') }} as leads
    inner join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = 'lead_id' and identifiers.identifier = {{ account_id('leads.lead_id', 'leads.source') }}
    where leads.created_at is not null
    group by 1
),

people as (
    select
        profiles.profile_id,
        consents.region,
        profiles.lifecycle_stage in ('lead', 'prospect') as is_open,
        asked.first_asked_at,
        asked.last_asked_at,
        profiles.first_seen_at,
        coalesce(least(asked.converted_at, profiles.first_order_at), asked.converted_at, profiles.first_order_at) as converted_at,
        coalesce(asked.is_won, false) as is_won
    from {{ ref('profiles') }} as profiles
    inner join {{ ref('consent_people') }} as consents on profiles.profile_id = consents.profile_id
    left join asked on profiles.profile_id = asked.profile_id
    left join {{ ref('not_profiled') }} as not_profiled on profiles.profile_id = not_profiled.profile_id
    where not profiles.is_internal
      and not_profiled.profile_id is null
      and (profiles.lifecycle_stage in ('lead', 'prospect') or asked.profile_id is not null)
)

select
    profile_id,
    region,
    is_open,
    first_asked_at,
    coalesce(last_asked_at, first_seen_at) as created_at,
    case
        when first_asked_at is null or first_asked_at > {{ days_before(today('last_midnight'), score_setting('lead_days')) }} then null
        when converted_at < first_asked_at then null
        when {{ days_before('converted_at', score_setting('lead_days')) }} <= first_asked_at then true
        else converted_at is null and is_won
    end as has_converted
from people
