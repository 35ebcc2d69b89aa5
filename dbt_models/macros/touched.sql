{#
    Events to roll up, with `device`, the device or, without one, the login, and the day they fell on. Machines' events and the
    company's own are left out; with `paced`, so are the days of devices that were too fast to be a person.
    In an increment: all events of the devices and days that the new batches touch, so that a day is always rolled up whole
    and a late event corrects it; nothing else is read again.
#}
{% macro touched_events(columns, paced=true) -%}
    select
        coalesce('a:' || events.anonymous_id, 'u:' || events.user_id) as device,
        events.{{ columns | join(',\n        events.') }}
    from {{ ref('unified_events') }} as events
    {% if paced -%}
    left join (
        select device, event_date from {{ ref('unified_traffic_days') }} where excluded_reason is not null
    ) as too_fast
        on too_fast.event_date = events.event_date
        and too_fast.device = coalesce('a:' || events.anonymous_id, 'u:' || events.user_id)
    {% endif -%}
    where not events.is_bot and not events.is_internal and coalesce(events.anonymous_id, events.user_id) is not null
    {% if paced -%}
      and too_fast.device is null
    {% endif -%}
    {% if is_incremental() %}
      and exists (
          select 1
          from {{ ref('unified_events') }} as news
          where news._batch > {{ newest_batch(this) }}
            and news.event_date = events.event_date
            and coalesce('a:' || news.anonymous_id, 'u:' || news.user_id) = coalesce('a:' || events.anonymous_id, 'u:' || events.user_id)
      )
    {% endif %}
{%- endmacro %}

{# For a table of rolled-up days: takes out those that turned out too fast. Where such a day has been rolled up before, no row of
   it comes any more, so the increment alone would leave the old ones standing. #}
{% macro drop_excluded_days() -%}
    delete from {{ this }}
    where (device, event_date) in (
        select device, event_date from {{ ref('unified_traffic_days') }} where excluded_reason is not null
    )
{%- endmacro %}
