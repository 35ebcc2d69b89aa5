-- One row per unsubscription from e-mail on the site, by the address where it says one, else by the login, else by the device. Kept
-- apart so that consent never reads all events.
{{ config(materialized='incremental', incremental_strategy='append') }}

select
    _batch,
    message_id,
    case when email is not null then 'email' when user_id is not null then 'user_id' else 'anonymous_id' end as identifier_type,
    coalesce(email, user_id, anonymous_id) as identifier,
    occurred_at
from {{ ref('unified_events') }}
where event = 'Unsubscribed' and coalesce(email, user_id, anonymous_id) is not null
{% if is_incremental() %}
  and _batch > {{ newest_batch(this) }}
{% endif %}
