-- One row per load batch and set of identifiers that web events carried together: all that identity needs of the events,
-- rolled up when they arrive so that they are never read again.
{{ config(materialized='incremental', incremental_strategy='append') }}

with events as (
    select * from {{ ref('unified_events') }}
    where not is_bot and not is_internal
    {% if is_incremental() %}
      and _batch > {{ newest_batch(this) }}
    {% endif %}
)

select
    _batch,
    source,
    anonymous_id,
    user_id,
    email,
    phone,
    case when event = 'Order Completed' then order_id end as order_id,
    min(occurred_at) as first_seen,
    max(occurred_at) as last_seen,
    count(*) as observations
from events
group by 1, 2, 3, 4, 5, 6, 7
