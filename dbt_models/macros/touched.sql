{#
    Events to roll up, with `device`, the device or, without one, the login, and the day they fell on.
    In an increment: all events of the devices and days that the new batches touch, so that a day is always rolled up whole
    and a late event corrects it; nothing else is read again.
#}
{% macro touched_events(columns) -%}
    select
        coalesce('a:' || anonymous_id, 'u:' || user_id) as device,
        {{ columns | join(',\n        ') }}
    from {{ ref('unified_events') }} as events
    where not is_bot and coalesce(anonymous_id, user_id) is not null
    {% if is_incremental() %}
      and exists (
          select 1
          from {{ ref('unified_events') }} as news
          where news._batch > (select coalesce(max(_batch), 0) from {{ this }})
            and news.event_date = events.event_date
            and coalesce('a:' || news.anonymous_id, 'u:' || news.user_id) = coalesce('a:' || events.anonymous_id, 'u:' || events.user_id)
      )
    {% endif %}
{%- endmacro %}
