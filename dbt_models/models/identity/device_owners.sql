-- One row per device that was seen with somebody: whose it is, or, where several people were seen on it, nobody's.
-- Which links a device keeps depends on all of its links at once, never on the order they came in.
select
    links.left_identifier as anonymous_id,
    count(distinct components.component) as people,
    min(components.component) as component
from {{ ref('observed_links') }} as links
inner join {{ ref('strong_components') }} as components
    on links.right_type = components.identifier_type and links.right_identifier = components.identifier
left join {{ ref('refused_links') }} as refused
    on links.left_type = refused.left_type and links.left_identifier = refused.left_identifier
    and links.right_type = refused.right_type and links.right_identifier = refused.right_identifier
where links.left_type = 'anonymous_id' and refused.reason is null
group by 1
