-- One row per device, day and set of identifiers that web events carried together: all that identity needs of the events, rolled up
-- when they arrive so that they are never read again. Events of a time when trackers were refused carried nothing: their row has
-- no identifiers. What somebody logged in says of themselves, an identify call tells; an address among the properties of a track call
-- may be anybody's, so it is none of the login's, but where somebody signs up or in.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['device', 'event_date'],
    pre_hook="{{ forget_retold('events') }}", post_hook='{{ drop_excluded_days() }}') }}
{% set carried = [
    'anonymous_id', 'user_id', 'email', 'phone', 'order_id', 'previous_id', 'advertising_id', 'ga_client_id', 'fbp',
    'click_id_type', 'click_id',
] %}

with events as (
    {{ touched_events(['_batch', 'source', 'event_date', 'occurred_at', 'message_id', 'type', 'event'] + carried, addressed=true) }}
),

allowed as (
    select
        _batch,
        device,
        event_date,
        source,
        {% for name in carried -%}
        {% if name == 'order_id' -%}
        case when not is_refused and event = 'Order Completed' then order_id end as order_id,
        {% elif name in ('email', 'phone') -%}
        case when not is_refused and not {{ names_anybody() | trim }} then {{ name }} end as {{ name }},
        {% else -%}
        case when not is_refused then {{ name }} end as {{ name }},
        {% endif -%}
        {% endfor -%}
        occurred_at,
        message_id
    from events
)

select
    device,
    event_date,
    source,
    {% for name in carried -%}
    {{ name }},
    {% endfor -%}
    max(_batch) as _batch,
    min(occurred_at) as first_seen,
    max(occurred_at) as last_seen,
    {{ oldest('message_id', 'occurred_at') }} as first_message_id,
    {{ newest('message_id', 'occurred_at') }} as last_message_id,
    count(*) as observations
from allowed
group by device, event_date, source{% for name in carried %}, {{ name }}{% endfor %}
