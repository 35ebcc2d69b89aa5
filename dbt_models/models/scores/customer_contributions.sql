-- One row per customer and criterion that gave points: the sum of a customer's rows is the score.
{{ config(materialized='view') }}
{% set criteria = [
    'average_basket', 'orders', 'rhythm', 'first_order', 'last_order', 'email_opens', 'events_attended', 'site_actions',
] %}

{% for criterion in criteria -%}
select
    profile_id,
    '{{ criterion }}' as criterion,
    cast(points_{{ criterion }} as decimal(18, 4)) as points,
    {{ json_object({'value': plain_number('found_' ~ criterion)}) }} as evidence
from {{ ref('customers') }}
where points_{{ criterion }} <> 0
{{ 'union all' if not loop.last }}
{% endfor %}
