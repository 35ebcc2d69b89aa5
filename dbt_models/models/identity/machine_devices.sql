-- One row per device that was never seen at a person's pace: nobody to speak of, and what it was seen with says nothing.
select substr(device, 3) as anonymous_id
from {{ ref('unified_traffic_days') }}
where device like 'a:%'
  and device in (select device from {{ ref('unified_traffic_days') }} where excluded_reason is not null)
group by device
having count(*) = count(excluded_reason)
