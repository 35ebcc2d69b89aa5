-- One row per device that was seen with somebody: whose it is, or, where several people were seen on it, nobody's.
-- Which links a device keeps depends on all of its links at once, never on the order they came in.
select
    links.left_identifier as anonymous_id,
    count(distinct components.component) as people,
    min(components.component) as component
from {{ ref('observed_links') }} as links
inner join {{ ref('strong_components') }} as components
    on links.right_type = components.identifier_type and links.right_identifier = components.identifier
where links.left_type = 'anonymous_id'
group by 1
