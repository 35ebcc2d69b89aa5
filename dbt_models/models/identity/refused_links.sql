-- One row per link that joins nobody although its ends may join others.
-- A parent's phone or e-mail often stands on the contact, the account or the registration of a child: who was a minor when
-- the contact was made shares it, and stays a person of their own. A contact that does not say when it was made is taken
-- for that of a minor here: at worst an address does not join it.
-- A loyalty card that contacts of different first names carry joins none of them.
-- An order number that events tell of several logins (numbers are used again, or clash between shops) joins none of them.
with links as (
    select * from {{ ref('observed_links') }}
),

minor_contacts as (
    select {{ account_id('contact_id', 'source') }} as contact_id
    from {{ ref('unified_contacts') }}
    where birth_date is not null
      and coalesce({{ years_after('birth_date', 18) }} > cast(coalesce(created_at, updated_at) as date), true)
),

minors as (
    select 'contact_id' as identifier_type, contact_id as identifier
    from minor_contacts
    union
    select links.left_type, links.left_identifier
    from links
    inner join minor_contacts on links.right_identifier = minor_contacts.contact_id
    where links.rule = 'same_account' and links.right_type = 'contact_id'
),

shared as (
    select right_type, right_identifier
    from links
    where left_type in ('contact_id', 'customer_id', 'user_id', 'lead_id')
    group by right_type, right_identifier
    -- By number, not by kind: accounts of one number in several systems are one person's.
    having count(distinct {{ bare_account('left_identifier') }}) > 1
),

minors_addresses as (
    select links.right_type, links.right_identifier
    from links
    inner join minors on links.left_type = minors.identifier_type and links.left_identifier = minors.identifier
    where links.right_type in ('email', 'phone', 'hashed_email', 'loyalty_card')
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
    select links.left_type, links.left_identifier, links.right_type, links.right_identifier, 'minor' as reason
    from links
    inner join minors on links.left_type = minors.identifier_type and links.left_identifier = minors.identifier
    inner join shared on links.right_type = shared.right_type and links.right_identifier = shared.right_identifier
    where links.right_type in ('email', 'phone', 'hashed_email', 'loyalty_card')
    union all
    select links.left_type, links.left_identifier, links.right_type, links.right_identifier, 'minor'
    from links
    inner join minors_addresses as own on links.right_type = own.right_type and links.right_identifier = own.right_identifier
    where links.rule = 'registration'
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
