-- One row per audience, channel and run: how many members can be spoken to there, holding the consents that the channel
-- needs at the least and an identifier it takes. Of people nobody knows, advertising takes the marks of their devices. A journal.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}

with granted as (
    select profile_id, purpose from {{ ref('profile_consents') }} where status = 'granted'
),

people as (
    select profiles.profile_id, 'ads' as channel
    from {{ ref('profiles') }} as profiles
    inner join granted as shown on profiles.profile_id = shown.profile_id and shown.purpose = 'ads'
    inner join granted as matched on profiles.profile_id = matched.profile_id and matched.purpose = 'platform_matching'
    where profiles.email is not null or profiles.phone is not null
    union all
    select distinct profiles.profile_id, 'ads'
    from {{ ref('profiles') }} as profiles
    inner join granted as shown on profiles.profile_id = shown.profile_id and shown.purpose = 'ads'
    inner join {{ ref('identifiers') }} as marks
        on profiles.profile_id = marks.profile_id and marks.identifier_type in ('advertising_id', 'click_id', 'fbp', 'ga_client_id')
    where not profiles.is_known
    union all
    select profiles.profile_id, 'post'
    from {{ ref('profiles') }} as profiles
    inner join granted as written on profiles.profile_id = written.profile_id and written.purpose = 'post'
    where profiles.postal_code is not null
    union all
    -- A grant of it is given with the device or the account that is to be notified.
    select profile_id, 'push' from granted where purpose = 'push'
    union all
    -- At one of their addresses or numbers that may be used so; mail that bounced reaches nobody.
    select distinct consents.profile_id, consents.purpose
    from {{ ref('identifier_consents') }} as consents
    left join (select 'email' as identifier_type, email from {{ ref('unified_bounced_addresses') }}) as bounced
        on consents.identifier_type = bounced.identifier_type and consents.identifier = bounced.email
    where consents.status = 'granted' and bounced.email is null and consents.purpose in ('email', 'sms', 'whatsapp', 'phone')
),

counted as (
    select members.audience, people.channel, count(*) as reachable
    from {{ ref('members') }} as members
    inner join people on members.profile_id = people.profile_id
    group by 1, 2
)

select counted.audience, counted.channel, run.as_of, run.run_id, counted.reachable
from counted
cross join {{ source('control', 'run') }} as run
{% if is_incremental() %}
where not exists (
    select 1 from {{ this }} as past
    where past.run_id = run.run_id and past.audience = counted.audience and past.channel = counted.channel
)
{% endif %}
