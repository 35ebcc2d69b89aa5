-- One row per e-mail or phone that says nothing of who somebody is: listed as blocked, or carried by more accounts than
-- one person can have. It joins nobody and stands for nobody.
with links as (
    select * from {{ ref('observed_links') }}
),

fan_out as (
    select right_type as identifier_type, right_identifier as identifier, left_type, count(distinct left_identifier) as partners
    from links
    where right_type in ('email', 'phone') and left_type in ('user_id', 'customer_id', 'contact_id', 'lead_id')
    group by 1, 2, 3
),

refused as (
    select fan_out.identifier_type, fan_out.identifier, 'fan_out' as reason
    from fan_out
    cross join {{ source('control', 'company') }} as company
    where fan_out.partners > case fan_out.identifier_type when 'email' then company.email_limit else company.phone_limit end
    union all
    select seen.identifier_type, seen.identifier, 'blocked' as reason
    from {{ ref('observed_identifiers') }} as seen
    inner join {{ ref('blocked_identifiers') }} as blocked
        on blocked.identifier_type = seen.identifier_type and seen.identifier like blocked.pattern
)

select identifier_type, identifier, min(reason) as reason
from refused
group by 1, 2
