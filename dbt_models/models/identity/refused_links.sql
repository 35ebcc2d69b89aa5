-- One row per link that joins nobody although its ends may join others.
-- What is a known minor's and somebody else's (minors_links) joins the minor to nobody.
-- A loyalty card that contacts of different first names carry joins none of them.
-- An order number that events tell of several logins (numbers are used again, or clash between shops) joins none of them.
with links as (
    select * from {{ ref('observed_links') }}
),

reused_order_numbers as (
    select left_identifier as order_id
    from links
    where left_type = 'order_id' and right_type in ('user_id', 'customer_id')
    group by 1
    having count(distinct case when right_type = 'user_id' then right_identifier end) > 1
        or count(distinct case when right_type = 'customer_id' then right_identifier end) > 1
),

-- A card in the wallets of people with different first names is a family's.
shared_cards as (
    select links.right_identifier
    from links
    inner join {{ ref('comparable_contacts') }} as contacts on links.left_identifier = contacts.contact_id
    where links.left_type = 'contact_id' and links.right_type = 'loyalty_card'
    group by links.right_identifier
    having count(distinct contacts.first_name) > 1
),

refused as (
    select left_type, left_identifier, right_type, right_identifier, 'minor' as reason
    from {{ ref('minors_links') }}
    union all
    -- By a key that is junk, unless something better joins the two.
    select junk.left_type, junk.left_identifier, junk.right_type, junk.right_identifier, junk.refused_reason
    from {{ ref('exact_links') }} as junk
    left join links
        on junk.left_type = links.left_type and junk.left_identifier = links.left_identifier
        and junk.right_type = links.right_type and junk.right_identifier = links.right_identifier
        and junk.rule <> links.rule
    where junk.refused_reason is not null and links.rule is null
    union all
    select links.left_type, links.left_identifier, links.right_type, links.right_identifier, 'two_people'
    from links
    inner join shared_cards on links.right_identifier = shared_cards.right_identifier
    where links.right_type = 'loyalty_card'
    {% for side in ['left', 'right'] -%}
    union all
    select links.left_type, links.left_identifier, links.right_type, links.right_identifier, 'reused_order_number'
    from links
    inner join reused_order_numbers as reused
        on case when links.{{ side }}_type = 'order_id' then links.{{ side }}_identifier end = reused.order_id
    where links.rule = 'ordered_on_site'
    {% endfor %}
)

select left_type, left_identifier, right_type, right_identifier, min(reason) as reason
from refused
group by left_type, left_identifier, right_type, right_identifier
