-- One row per person, known or anonymous.
select
    profile_id,
    max(case
        when identifier_type in ('user_id', 'email', 'hashed_email', 'phone', 'contact_id', 'customer_id', 'lead_id', 'loyalty_card') then 1
        else 0
    end) = 1 as is_known,
    max(case when identifier_type = 'lead_id' then 1 else 0 end) = 1 as is_lead,
    min(first_seen) as first_seen_at
from {{ ref('identifiers') }}
group by profile_id
