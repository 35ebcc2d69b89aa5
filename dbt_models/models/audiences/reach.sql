-- One row per audience, channel and run: how many members can be spoken to there, holding the consents that the channel
-- needs at the least and an identifier it takes. A journal.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}
{% set by_person = {
    'ads': (['ads', 'platform_matching'], '(profiles.email is not null or profiles.phone is not null)'),
    'post': (['post'], 'profiles.postal_code is not null'),
} %}

with granted as (
    select profile_id, purpose from {{ ref('profile_consents') }} where status = 'granted'
),

-- At one of their addresses or numbers that may be used so; mail that bounced reaches nobody.
granted_by_address as (
    select distinct consents.profile_id, consents.purpose
    from {{ ref('identifier_consents') }} as consents
    left join {{ ref('unified_bounced_addresses') }} as bounced
        on consents.identifier_type = 'email' and consents.identifier = bounced.email
    where consents.status = 'granted' and bounced.email is null
),

reachable as (
    {% for channel, (purposes, identifier) in by_person.items() %}
    select members.audience, '{{ channel }}' as channel, count(*) as reachable
    from {{ ref('members') }} as members
    inner join {{ ref('profiles') }} as profiles on members.profile_id = profiles.profile_id and {{ identifier }}
    {% for purpose in purposes -%}
    inner join granted as granted_{{ purpose }}
        on members.profile_id = granted_{{ purpose }}.profile_id and granted_{{ purpose }}.purpose = '{{ purpose }}'
    {% endfor %}
    group by 1, 2
    union all
    {% endfor %}
    select members.audience, granted.purpose as channel, count(*) as reachable
    from {{ ref('members') }} as members
    inner join granted_by_address as granted on members.profile_id = granted.profile_id
    where granted.purpose in ('email', 'sms', 'whatsapp', 'phone')
    group by 1, 2
)

select reachable.audience, reachable.channel, run.as_of, run.run_id, reachable.reachable
from reachable
cross join {{ source('control', 'run') }} as run
{% if is_incremental() %}
where not exists (
    select 1 from {{ this }} as past
    where past.run_id = run.run_id and past.audience = reachable.audience and past.channel = reachable.channel
)
{% endif %}
