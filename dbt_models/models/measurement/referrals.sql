-- One row per two people of whom one brought the other, as it was first told: who is brought and brings back, or is told of again, counts once,
-- who brings themselves not at all, nor do the company's own people.
{% set kinds = ['email', 'customer_id', 'contact_id', 'user_id'] %}

with told as (
    select
        told.source || ':' || told.referral_id as referral_key,
        {% for who in ['referrer', 'referred'] -%}
        min_by(coalesce({{ who }}_people.profile_id, told.{{ who }}), coalesce({{ who }}_people.place, 9)) as {{ who }},
        {% endfor -%}
        told.created_at,
        told.converted_at
    from {{ ref('unified_referrals') }} as told
    {% for who in ['referrer', 'referred'] -%}
    left join (
        select identifier_type, identifier, profile_id,
            case identifier_type {% for kind in kinds %}when '{{ kind }}' then {{ loop.index }} {% endfor %}end as place
        from {{ ref('identifiers') }}
        where identifier_type in ('{{ kinds | join("', '") }}')
    ) as {{ who }}_people
        on {{ who }}_people.identifier = case
            when told.{{ who }} like '%@%' then told.{{ who }} else {{ account_id('told.' ~ who, 'told.source') }}
        end
    {% endfor -%}
    where told.created_at <= {{ today('ends_at') }}
    group by 1, told.created_at, told.converted_at
)

select referral_key, referrer, referred, created_at, converted_at
from told
where {{ is_outsider('referrer') }} and {{ is_outsider('referred') }} and (referred is null or referrer <> referred)
qualify row_number() over (
    partition by least(referrer, coalesce(referred, referral_key)), greatest(referrer, coalesce(referred, referral_key))
    order by created_at, referral_key
) = 1
