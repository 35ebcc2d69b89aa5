-- One row per source, e-mail address, campaign and day of the company's time on which something is told of its messages; read by
-- whatever counts messages. The message of a day is what a campaign (or, where the tool names none, whatever was sent without one)
-- delivered to the address that day, however often it is told; `delivered`, `opened`, `clicked` and `unsubscribed` are 1 or 0. Answers
-- stand on the day of the last delivery until then, so that a share of messages can't be more than all; where no delivery is told, on
-- their own day. Opens and clicks by machines (privacy proxies, scanners) are none.
-- In an increment, what a batch tells of a campaign and address is rolled up anew from the delivery on which it may bear.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['source', 'email', 'campaign_id', 'day'],
    pre_hook="{{ forget_retold('email_events') }}") }}
{% set campaign %}coalesce(events.campaign_id, ''){% endset %}
{% set day = local_date('events.occurred_at') %}
{% set answers = ['opened', 'clicked', 'unsubscribed'] %}
{% set of_campaign = 'partition by source, email, campaign_id' %}

{% if is_incremental() -%}
{% set touched -%}
select news.source, news.email, news.campaign_id, coalesce(max(known.day), min(news.day)) as from_day
from (
    select events.source, events.email, {{ campaign }} as campaign_id, min({{ day }}) as day
    from {{ ref('unified_email_events') }} as events
    where events.email is not null
      and (events._batch > {{ newest_batch(this) }}
        {%- if retold_sources('email_events') %} or events.source in ('{{ retold_sources('email_events') | join("', '") }}'){% endif %})
    group by 1, 2, 3
) as news
left join {{ this }} as known
    on news.source = known.source and news.email = known.email and news.campaign_id = known.campaign_id
    and known.delivered = 1 and known.day <= news.day
group by 1, 2, 3
{%- endset %}
{%- endif %}

with told as (
    select
        events.source,
        events.email,
        {{ campaign }} as campaign_id,
        {{ day }} as day,
        max(events._batch) as _batch,
        max(case when events.type = 'delivered' then 1 else 0 end) as delivered,
        {% for answer in answers -%}
        max(case when events.type = '{{ answer }}' and (events.type = 'unsubscribed' or not coalesce(events.is_machine, false)) then 1 else 0 end) as {{ answer }},
        {% endfor -%}
        max(case when events.type = 'opened' and not coalesce(events.is_machine, false) then events.occurred_at end) as opened_at,
        max(case when events.type in ('clicked', 'replied') and not coalesce(events.is_machine, false) then events.occurred_at end) as responded_at
    from {{ ref('unified_email_events') }} as events
    {% if is_incremental() -%}
    inner join ({{ touched }}) as touched
        on events.source = touched.source and events.email = touched.email and {{ campaign }} = touched.campaign_id
        and {{ day }} >= touched.from_day
    {% endif -%}
    where events.email is not null
      {% if is_incremental() -%}
      and events.occurred_at >= {{ days_before(oldest_day(touched), 1) }}
      {% endif -%}
      and events.type in ('delivered', 'replied', '{{ answers | join("', '") }}')
    group by 1, 2, 3, 4
),

sent as (
    select *, sum(delivered) over ({{ of_campaign }} order by day rows unbounded preceding) as sending
    from told
)

select
    source,
    email,
    campaign_id,
    day,
    _batch,
    delivered,
    {% for answer in answers -%}
    case
        when sending = 0 then {{ answer }}
        when delivered = 1 then max({{ answer }}) over ({{ of_campaign }}, sending)
        else 0
    end as {{ answer }},
    {% endfor -%}
    opened_at as last_opened_at,
    responded_at as last_response_at
from sent
