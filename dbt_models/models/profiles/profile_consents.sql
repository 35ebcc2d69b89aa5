-- One row per known person and purpose, and per purpose of which a visitor said something: whether it may be. Status `granted` alone
-- is a yes. No row is a refusal. Purposes that go by address follow the best of the person's addresses; `identifier` is the one that
-- may be used, or that the word was said with. All others go by person: the newest word on any device or address holds for all.
{{ config(alias='consents') }}
{% set by_address = addressed_purposes().values() | sum(start=[]) %}

with addresses as (
    select
        *,
        row_number() over (
            partition by profile_id, purpose
            order by
                case status
                    when 'granted' then 0 when 'withdrawn' then 1 when 'denied' then 2 when 'expired' then 3 when 'unproven' then 4 else 5
                end,
                case when basis = 'statement' then 0 else 1 end,
                since desc nulls last,
                identifier
        ) as place
    from {{ ref('identifier_consents') }}
),

statements as (
    select said.*, '' as subject
    from {{ ref('consent_statements') }} as said
    left join addresses on said.profile_id = addresses.profile_id and said.purpose = addresses.purpose and addresses.place = 1
    where addresses.profile_id is null
),

asked as (
    select people.*, purposes.purpose
    from {{ ref('consent_people') }} as people
    cross join (select distinct purpose from {{ source('control', 'consent_policy') }}) as purposes
    where people.is_known
    union all
    select visitors.*, said.purpose
    from (select distinct profile_id, purpose from statements) as said
    inner join {{ ref('consent_people') }} as visitors on said.profile_id = visitors.profile_id and not visitors.is_known
),

subjects as (
    select
        asked.profile_id,
        asked.purpose,
        '' as subject,
        asked.region,
        asked.first_seen_at,
        asked.last_sale_at,
        asked.last_action_at,
        -- A basis needs somebody known and, where the purpose goes by address, an address.
        {% for kind, condition in [('customer', 'asked.last_sale_at is not null'), ('professional', 'asked.is_professional'), ('anyone', 'asked.is_known')] -%}
        {{ condition }} and asked.purpose not in ('{{ by_address | join("', '") }}') as is_{{ kind }}{{ ',' if not loop.last }}
        {% endfor %}
    from asked
    left join addresses on asked.profile_id = addresses.profile_id and asked.purpose = addresses.purpose and addresses.place = 1
    where addresses.profile_id is null
),

decided as (
    {{ consent_decided('subjects', 'statements') | indent(4) }}
)

select profile_id, purpose, status, basis, since, said_with as identifier, collected_by, proof
from decided
union all
select
    profile_id,
    purpose,
    status,
    basis,
    since,
    case when status = 'granted' then identifier_type || ':' || identifier else said_with end,
    collected_by,
    proof
from addresses
where place = 1
