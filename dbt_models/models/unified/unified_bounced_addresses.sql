-- One row per e-mail address that takes no mail: it bounced for good, and nothing has reached it since. A bounce of which nobody says
-- whether it was a passing one counts.
{{ config(alias='bounced_addresses') }}

with marks as (
    select
        email,
        max(case when type = 'bounced' and coalesce(bounce_type, 'hard') not in ('soft', 'transient', 'temporary') then occurred_at end)
            as bounced_at,
        max(case when type in ('delivered', 'opened', 'clicked', 'replied') and not is_machine then occurred_at end) as reached_at
    from {{ ref('unified_email_events') }}
    where email is not null
    group by email
)

select
    email,
    bounced_at
from marks
where bounced_at is not null and (reached_at is null or reached_at < bounced_at)
