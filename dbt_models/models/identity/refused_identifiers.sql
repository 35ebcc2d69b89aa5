-- One row per identifier that says nothing of who somebody is: listed as blocked, or with more others hanging on it than
-- one person can have (an e-mail or phone of many accounts, an account of many e-mails or phones). It joins nobody and
-- stands for nobody.
{% set accounts = "('user_id', 'customer_id', 'contact_id', 'lead_id')" %}

with links as (
    select * from {{ ref('observed_links') }}
    where right_type in ('email', 'phone') and left_type in {{ accounts }}
),

fan_out as (
    select right_type as identifier_type, right_identifier as identifier, left_type, count(distinct left_identifier) as partners
    from links
    group by 1, 2, 3
    union all
    select left_type, left_identifier, right_type, count(distinct right_identifier)
    from links
    group by 1, 2, 3
),

refused as (
    select fan_out.identifier_type, fan_out.identifier, 'fan_out' as reason
    from fan_out
    cross join {{ source('control', 'company') }} as company
    where fan_out.partners > case fan_out.identifier_type
        when 'email' then company.email_limit
        when 'phone' then company.phone_limit
        else company.account_limit
    end
    union all
    select seen.identifier_type, seen.identifier, 'blocked' as reason
    from {{ ref('observed_identifiers') }} as seen
    inner join {{ ref('blocked_identifiers') }} as blocked
        on seen.identifier_type = blocked.identifier_type and lower(seen.identifier) like blocked.pattern
)

select identifier_type, identifier, min(reason) as reason
from refused
group by 1, 2
