-- One row per link that would join a known minor to somebody else by an address, a telephone or a card: a parent's often stands on the
-- contact, the account or the order of a child. Once anything that is not plainly the minor's own is seen with it, it is no longer
-- the minor's; alone, the minor keeps it. A minor is who was under age when the contact was made; a contact that does not say when is
-- taken for a minor's here: at worst an address does not join it.
-- Plainly the minor's own are the contact itself, the accounts of one number where `identity.user_id_is` says so, whatever gives the
-- same first name and no other birth date, and the orders and devices of these, unless somebody else gives a name there.
{{ config(schema='graph') }}
{% set addresses = "('email', 'phone', 'hashed_email', 'loyalty_card')" %}

with links as (
    select * from {{ ref('observed_links') }} where rule <> 'must_link'
),

names as (
    select * from {{ ref('stated_names') }}
),

minors as (
    select contacts.contact_id as minor, min(names.first_name) as first_name, min(names.birth_date) as birth_date
    from (
        select {{ account_id('contact_id', 'source') }} as contact_id
        from {{ ref('unified_contacts') }}
        where birth_date is not null
          and coalesce({{ years_after('birth_date', 18) }} > cast(coalesce(created_at, updated_at) as date), true)
    ) as contacts
    left join names on names.identifier_type = 'contact_id' and names.identifier = contacts.contact_id
    group by contacts.contact_id
),

same_accounts as (
    select left_type, left_identifier, right_type, right_identifier from links where rule = 'same_account'
    union all
    select right_type, right_identifier, left_type, left_identifier from links where rule = 'same_account'
),

own_contacts as (
    select minor, 'contact_id' as identifier_type, minor as identifier from minors
    union
    select minors.minor, same.left_type, same.left_identifier
    from minors
    inner join same_accounts as same on same.right_type = 'contact_id' and same.right_identifier = minors.minor
),

-- An address is one, in clear and as its hash.
spellings as (
    select left_type as spelt_type, left_identifier as spelt, right_type as address_type, right_identifier as address
    from links
    where rule = 'same_address'
),

told as (
    select distinct
        own.minor,
        coalesce(spellings.address_type, links.right_type) as address_type,
        coalesce(spellings.address, links.right_identifier) as address
    from links
    inner join own_contacts as own on links.left_type = own.identifier_type and links.left_identifier = own.identifier
    left join spellings on links.right_type = spellings.spelt_type and links.right_identifier = spellings.spelt
    where links.right_type in {{ addresses }}
),

ways as (
    select minor, address_type, address, address_type as spelt_type, address as spelt from told
    union all
    select told.minor, told.address_type, told.address, spellings.spelt_type, spellings.spelt
    from told
    inner join spellings on told.address_type = spellings.address_type and told.address = spellings.address
),

-- All that is seen with such an address.
bearers as (
    select ways.*, links.left_type as bearer_type, links.left_identifier as bearer, true as is_left
    from ways
    inner join links on ways.spelt_type = links.right_type and ways.spelt = links.right_identifier
    where links.rule <> 'same_address'
    union all
    select ways.*, links.right_type, links.right_identifier, false
    from ways
    inner join links on ways.spelt_type = links.left_type and ways.spelt = links.left_identifier
    where links.rule <> 'same_address'
),

-- Of these, who says a name or a birth date: the minor's, or another.
said as (
    select
        seen.minor,
        seen.bearer_type as identifier_type,
        seen.bearer as identifier,
        max(case when names.first_name = minors.first_name then 1 else 0 end) = 1 as is_of_the_name,
        max(case when names.first_name <> minors.first_name or names.birth_date <> minors.birth_date then 1 else 0 end) = 1 as is_another
    from (select distinct minor, bearer_type, bearer from bearers) as seen
    inner join minors on seen.minor = minors.minor
    inner join names on seen.bearer_type = names.identifier_type and seen.bearer = names.identifier
    group by seen.minor, seen.bearer_type, seen.bearer
),

namesakes as (
    select minor, identifier_type, identifier from said where is_of_the_name and not is_another
),

own_accounts as (
    select minor, identifier_type, identifier from own_contacts
    union
    select minor, identifier_type, identifier from namesakes
    union
    select namesakes.minor, same.left_type, same.left_identifier
    from namesakes
    inner join same_accounts as same on namesakes.identifier_type = same.right_type and namesakes.identifier = same.right_identifier
),

own as (
    select minor, identifier_type, identifier from own_accounts
    union
    -- Their orders, and the devices that they were logged in on: a family's tablet joins nobody by itself.
    select owners.minor, links.left_type, links.left_identifier
    from own_accounts as owners
    inner join links on owners.identifier_type = links.right_type and owners.identifier = links.right_identifier
    left join said as others
        on others.is_another and owners.minor = others.minor
        and links.left_type = others.identifier_type and links.left_identifier = others.identifier
    where links.left_type in ('order_id', 'anonymous_id') and links.right_type in ('customer_id', 'user_id') and others.minor is null
),

shared as (
    select distinct bearers.minor, bearers.address_type, bearers.address
    from bearers
    left join own
        on bearers.minor = own.minor and bearers.bearer_type = own.identifier_type and bearers.bearer = own.identifier
    left join told as own_addresses
        on bearers.minor = own_addresses.minor
        and bearers.bearer_type = own_addresses.address_type and bearers.bearer = own_addresses.address
    where own.minor is null and own_addresses.minor is null
),

refused as (
    select bearers.*
    from bearers
    inner join shared
        on bearers.minor = shared.minor and bearers.address_type = shared.address_type and bearers.address = shared.address
    inner join own
        on bearers.minor = own.minor and bearers.bearer_type = own.identifier_type and bearers.bearer = own.identifier
    union all
    -- A telephone and an e-mail told together, of which the minor keeps one.
    select bearers.*
    from bearers
    inner join shared as lost
        on bearers.minor = lost.minor and bearers.bearer_type = lost.address_type and bearers.bearer = lost.address
    left join shared
        on bearers.minor = shared.minor and bearers.address_type = shared.address_type and bearers.address = shared.address
    where shared.minor is null
)

select distinct
    case when is_left then bearer_type else spelt_type end as left_type,
    case when is_left then bearer else spelt end as left_identifier,
    case when is_left then spelt_type else bearer_type end as right_type,
    case when is_left then spelt else bearer end as right_identifier
from refused
