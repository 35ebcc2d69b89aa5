{# One row per address that has refused a channel: record_key, the address under the name of its type, profile_id, since, reason, and
   is_withdrawn where it refuses no longer. An address refuses by what consent makes of it, where it belongs to somebody; by the newest
   word said with it, where it belongs to nobody, or where the channel goes by person (push): a device that was switched off stays off,
   whatever is said with another one of its owner's; and, of e-mail, while it sends mail back. What neither refuses nor agrees again has
   no row: who has told a tool of a refusal leaves it there.

   channel: email, sms, whatsapp or push
   kind:    the type of identifier that the channel reaches people by
#}
{% macro refusals(channel, kind) %}
{% set bounces, by_address = channel == 'email', channel in addressed_purposes().get(kind, []) %}
with words as (
    {{ consent_told() | indent(4) }}
),

-- Whatever was said with the address itself; of two words of one moment, the refusal holds. A grant without a proof ends no refusal.
said as (
    select
        identifier,
        max(case when status <> 'granted' then occurred_at end) as refused_at,
        max(case when status = 'granted' and trim(proof) <> '' then occurred_at end) as granted_at,
        max(case when collected_by = 'complained' then 1 else 0 end) = 1 as has_complained
    from words
    where purpose = '{{ channel }}' and identifier_type = '{{ kind }}' and status in ('granted', 'denied', 'withdrawn')
    group by identifier
),

owned as (
    {% if by_address -%}
    select identifier, profile_id, status, since
    from {{ ref('identifier_consents') }}
    where purpose = '{{ channel }}' and identifier_type = '{{ kind }}'
    {% else -%}
    select identifiers.identifier, identifiers.profile_id, consents.status, consents.since
    from {{ ref('identifiers') }} as identifiers
    inner join {{ ref('profile_consents') }} as consents
        on identifiers.profile_id = consents.profile_id and consents.purpose = '{{ channel }}'
    where identifiers.identifier_type = '{{ kind }}'
    {% endif -%}
),

-- Somebody who has ever refused, with whatever: their other addresses may have been told to a tool.
refusers as (
    select distinct profile_id
    from {{ ref('consent_statements') }}
    where purpose = '{{ channel }}' and status in ('denied', 'withdrawn')
),

{% if bounces -%}
-- Whatever mail a tool has sent back once may stand on its list, also if a later one arrived.
once_bounced as (
    select distinct email as identifier from {{ ref('unified_email_events') }} where type = 'bounced' and email is not null
),

{% endif -%}
addresses as (
    select
        coalesce(owned.identifier, said.identifier) as address,
        owned.profile_id,
        case when owned.identifier is not null then owned.status in ('denied', 'withdrawn') else false end
            or {% if by_address %}owned.identifier is null and {% endif -%}
            coalesce(said.refused_at >= said.granted_at, said.refused_at is not null) as refuses,
        case when owned.identifier is not null then owned.status = 'granted' else said.granted_at is not null end as agrees,
        coalesce(owned.since, said.refused_at) as since,
        coalesce(said.has_complained, false) as has_complained
    from owned
    full outer join said on owned.identifier = said.identifier
    left join refusers on owned.profile_id = refusers.profile_id
    {%- if bounces %}
    left join once_bounced on owned.identifier = once_bounced.identifier
    {%- endif %}
    where said.refused_at is not null or refusers.profile_id is not null{{ ' or once_bounced.identifier is not null' if bounces }}
),
{% if bounces %}
marked as (
    select
        coalesce(addresses.address, bounced.email) as address,
        coalesce(addresses.profile_id, owners.profile_id) as profile_id,
        coalesce(addresses.refuses, false) as refuses,
        bounced.email is not null as bounces,
        coalesce(addresses.agrees, false) as agrees,
        coalesce(addresses.since, bounced.bounced_at) as since,
        coalesce(addresses.has_complained, false) as has_complained
    from addresses
    full outer join {{ ref('unified_bounced_addresses') }} as bounced on addresses.address = bounced.email
    left join {{ ref('identifiers') }} as owners on bounced.email = owners.identifier and owners.identifier_type = 'email'
)
{% else %}
marked as (
    select *, false as bounces from addresses
)
{% endif %}
select
    address as record_key,
    address as {{ kind }},
    profile_id,
    since,
    case when refuses and has_complained then 'complaint' when refuses then 'refused' when bounces then 'bounced' end as reason,
    not (refuses or bounces) as is_withdrawn
from marked
where refuses or bounces or agrees
{% endmacro %}
