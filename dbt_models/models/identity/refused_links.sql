-- One row per link that joins nobody although its ends may join others. A parent's phone or e-mail often stands on the
-- contact of a child, or on a child's registration: who was a minor when the contact was made shares it, and stays a
-- person of their own.
-- An order number that events tell of several logins (numbers are used again, or clash between shops) joins none of them.
with contact_links as (
    select left_identifier as contact_id, right_type, right_identifier
    from {{ ref('observed_links') }}
    where rule = 'contact'
),

reused_order_numbers as (
    select left_identifier as order_id
    from {{ ref('observed_links') }}
    where left_type = 'order_id' and right_type in ('user_id', 'customer_id')
    group by 1
    having count(distinct case when right_type = 'user_id' then right_identifier end) > 1
        or count(distinct case when right_type = 'customer_id' then right_identifier end) > 1
),

minors as (
    select contact_id
    from {{ ref('unified_contacts') }}
    where birth_date is not null and {{ years_after('birth_date', 18) }} > cast(created_at as date)
),

shared as (
    select right_type, right_identifier
    from {{ ref('observed_links') }}
    where left_type in ('contact_id', 'customer_id', 'user_id', 'lead_id')
    group by 1, 2
    having count(distinct left_type || ':' || left_identifier) > 1
)

select
    'contact_id' as left_type,
    links.contact_id as left_identifier,
    links.right_type,
    links.right_identifier,
    'minor' as reason
from contact_links as links
inner join minors on links.contact_id = minors.contact_id
inner join shared on links.right_type = shared.right_type and links.right_identifier = shared.right_identifier
union all
select distinct links.left_type, links.left_identifier, links.right_type, links.right_identifier, 'minor' as reason
from {{ ref('observed_links') }} as links
inner join contact_links as own on links.right_type = own.right_type and links.right_identifier = own.right_identifier
inner join minors on own.contact_id = minors.contact_id
where links.rule = 'registration'
{% for side in ['left', 'right'] -%}
union all
select distinct links.left_type, links.left_identifier, links.right_type, links.right_identifier, 'reused_order_number' as reason
from {{ ref('observed_links') }} as links
inner join reused_order_numbers as reused
    on case when links.{{ side }}_type = 'order_id' then links.{{ side }}_identifier end = reused.order_id
where links.rule = 'ordered_on_site'
{% endfor %}