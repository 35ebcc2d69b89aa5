{#
    Events to roll up, with `device`, the device or, without one, the login, and the day they fell on. Machines' events and the
    company's own are left out; with `paced`, so are the days of devices that were too fast to be a person; with `told_apart`,
    `is_refused` says that trackers were not allowed when the event happened, so that it may be counted but belongs to nobody; with
    `addressed`, events without either are taken by the e-mail address or phone number that they name.
    In an increment: all events of the devices and days that the new batches touch, and all of devices and logins that have
    said something new about trackers, so that a day is always rolled up whole and a late word corrects it; nothing else is read but,
    where addresses count, the few events of sources that retold_sources() names: those are made anew with each load.
#}
{% macro touched_events(columns, paced=true, told_apart=true, addressed=false) -%}
    {%- set device = device_of('events', addressed) -%}
    select
        {{ device }} as device,
        {% if told_apart -%}
        not (coalesce(device_word.is_granted, {{ company('trackers_without_answer') }}) and coalesce(login_word.is_granted, true)) as is_refused,
        {% endif -%}
        events.{{ columns | join(',\n        events.') }}
    from {{ ref('unified_events') }} as events
    {% if paced -%}
    left join (
        select device, event_date from {{ ref('unified_traffic_days') }} where excluded_reason is not null
    ) as too_fast
        on too_fast.event_date = events.event_date
        and too_fast.device = {{ device }}
    {% endif -%}
    {% if told_apart -%}
    {% for name, type in [('device_word', 'anonymous_id'), ('login_word', 'user_id')] -%}
    left join (
        select identifier, is_granted, since, until from {{ ref('unified_tracker_consents') }} where identifier_type = '{{ type }}'
    ) as {{ name }}
        on events.{{ type }} = {{ name }}.identifier
        and events.occurred_at >= {{ name }}.since
        and events.occurred_at < {{ name }}.until
    {% endfor -%}
    {% endif -%}
    where not events.is_bot and not events.is_internal and {{ device }} is not null
    {% if paced -%}
      and too_fast.device is null
    {% endif -%}
    {% if is_incremental() -%}
      {%- set newest = newest_batch(this) %}
      and (
          ({{ device }}, events.event_date) in (
              select {{ device_of('news', addressed) }}, news.event_date
              from {{ ref('unified_events') }} as news
              where {{ device_of('news', addressed) }} is not null
                and (news._batch > {{ newest }}{% if addressed and retold_sources('events') %} or news.source in ('{{ retold_sources('events') | join("', '") }}'){% endif %})
          )
          {% if told_apart -%}
          {% for type in ['anonymous_id', 'user_id'] -%}
          or coalesce(events.{{ type }}, '') in (
              select identifier from {{ ref('unified_tracker_consents') }} where identifier_type = '{{ type }}' and _batch > {{ newest }}
          )
          {% endfor -%}
          {% endif -%}
      )
    {% endif %}
{%- endmacro %}

{# What tells whose events lie together: the device or, without one, the login or, where that will do, the address. #}
{% macro device_of(events, addressed=false) -%}
    coalesce('a:' || {{ events }}.anonymous_id, 'u:' || {{ events }}.user_id
        {%- if addressed %}, 'e:' || {{ events }}.email, 'p:' || {{ events }}.phone{% endif %})
{%- endmacro %}

{# For a table of rolled-up days: takes out those that turned out too fast. Where such a day has been rolled up before, no row of
   it comes any more, so the increment alone would leave the old ones standing. #}
{% macro drop_excluded_days() -%}
    {%- set too_fast = 'select device, event_date from ' ~ ref('unified_traffic_days') ~ ' where excluded_reason is not null' -%}
    {{ delete_rows(this, '(device, event_date) in (' ~ too_fast ~ ')') }}
{%- endmacro %}
