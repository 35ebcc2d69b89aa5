-- One row per audience, channel and run: how many members can be spoken to there, holding the consents that the channel
-- needs at the least and an identifier it takes. A journal.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}
{% set channels = {
    'ads': (['ads', 'platform_matching'], '(profiles.email is not null or profiles.phone is not null)'),
    'email': (['email'], 'profiles.email is not null and profiles.email_bounced_at is null'),
    'sms': (['sms'], 'profiles.phone is not null'),
    'whatsapp': (['whatsapp'], 'profiles.phone is not null'),
    'phone': (['phone'], 'profiles.phone is not null'),
    'post': (['post'], 'profiles.postal_code is not null'),
} %}

with granted as (
    select profile_id, purpose from {{ ref('profile_consents') }} where status = 'granted'
),

reachable as (
    {% for channel, (purposes, identifier) in channels.items() %}
    select members.audience, '{{ channel }}' as channel, count(*) as reachable
    from {{ ref('members') }} as members
    inner join {{ ref('profiles') }} as profiles on members.profile_id = profiles.profile_id and {{ identifier }}
    {% for purpose in purposes -%}
    inner join granted as granted_{{ purpose }}
        on members.profile_id = granted_{{ purpose }}.profile_id and granted_{{ purpose }}.purpose = '{{ purpose }}'
    {% endfor %}
    group by 1, 2
    {{ 'union all' if not loop.last }}
    {% endfor %}
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
