-- The floor: the same slice of work as one hand-written DuckDB script, without orchestration, checks, ledger, quarantine, journal
-- or increments. From the landed files of a demo shop to people, RFM, cart abandoners and one hashed export file.
-- Variables: landing (folder), as_of (timestamp, UTC). Writes floor_export.csv into the working folder. The session runs in UTC.

create or replace temp macro person_email(raw) as
    case when regexp_matches(raw, '^\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$') and not regexp_matches(raw, '(?i)^\s*(test|no-?reply|donotreply)@')
        then lower(trim(raw)) end;
create or replace temp macro phone_digits(raw) as regexp_replace(raw, '[^0-9]', '', 'g');
-- Country code and national number; numbers without a country code are read as numbers of the row's country.
create or replace temp macro person_phone(raw, country) as
    case
        when length(phone_digits(raw)) not between 8 and 15 then null
        when trim(raw) like '+%' then replace(phone_digits(replace(raw, '(0)', '')), ' ', '')
        when phone_digits(raw) like '00%' then phone_digits(raw)[3:]
        when phone_digits(raw) like '0%' then coalesce(map {'DE': '49', 'BE': '32', 'CH': '41', 'GB': '44'}[country], '33') || phone_digits(raw)[2:]
        else phone_digits(raw)
    end;

-- Events, once each, without bots, with the fields that the slice needs.
create temp table raw_events as
select "messageId" as message_id, "event", "anonymousId" as anonymous_id, "userId" as user_id,
    coalesce("receivedAt" - ("sentAt" - "originalTimestamp"), "timestamp")::timestamp as occurred_at, properties, context, traits
from read_parquet(getvariable('landing') || '/segment/events/*/*.parquet', hive_partitioning = false)
union all by name
select "messageId" as message_id, "event", "anonymousId" as anonymous_id, "userId" as user_id,
    coalesce("receivedAt" - ("sentAt" - "originalTimestamp"), "timestamp") as occurred_at, properties, context, traits
from read_json(getvariable('landing') || '/segment/events/*/*.ndjson.gz', format = 'newline_delimited', ignore_errors = true,
    columns = {messageId: 'VARCHAR', event: 'VARCHAR', anonymousId: 'VARCHAR', userId: 'VARCHAR', timestamp: 'TIMESTAMP', receivedAt: 'TIMESTAMP',
        sentAt: 'TIMESTAMP', originalTimestamp: 'TIMESTAMP', properties: 'VARCHAR', context: 'VARCHAR', traits: 'VARCHAR'}, hive_partitioning = false);

-- Who refused trackers is counted elsewhere and belongs to nobody.
create temp table refusing as
select identifier
from read_csv(getvariable('landing') || '/generic/consents/*/banner.csv.gz', all_varchar = true, hive_partitioning = false)
where purpose = 'trackers' and status = 'denied';

create temp table events as
with firsts as (select min(rowid) as first_row from raw_events where message_id is not null group by message_id),
parsed as (
    select
        event, anonymous_id, user_id, occurred_at,
        json_extract_string(properties, ['$.product_id', '$.order_id', '$.price', '$.quantity', '$.email']) as said,
        json_extract_string(traits, ['$.email', '$.phone']) as known
    from raw_events
    where rowid in (select first_row from firsts)
        and occurred_at is not null
        and (anonymous_id is null or anonymous_id not in (from refusing))
        and not coalesce(regexp_matches(json_extract_string(context, '$.userAgent'), '(?i)(^|[^u])bot([^a-z]|$)|crawl|spider|slurp|headless'), false)
)
select
    event, anonymous_id, user_id, occurred_at,
    person_email(coalesce(known[1], said[5])) as email,
    person_phone(known[2], 'FR') as phone,
    case when event in ('Product Added', 'Product Removed') then said[1] end as product_id,
    case when event = 'Order Completed' then said[2] end as order_id,
    try_cast(said[3] as decimal(18, 4)) as price,
    coalesce(try_cast(said[4] as decimal(18, 4)), 1) as quantity
from parsed;
drop table raw_events;

create temp table rates as
select from_currency as currency, try_cast(date as date) as valid_from, try_cast(rate as decimal(20, 12)) as rate
from read_csv(getvariable('landing') || '/generic/exchange_rates/*/*.csv', all_varchar = true, ignore_errors = true, null_padding = true, hive_partitioning = false)
where to_currency = 'EUR' and try_cast(rate as decimal(20, 12)) > 0 and try_cast(date as date) is not null
union all select 'EUR', date '0001-01-01', 1;

create temp table orders as
with newest as (
    select order_id, customer_id, person_email(email) as email, person_phone(phone, country) as phone,
        try_cast(ordered_at as timestamp) as ordered_at, status, currency,
        try_cast(total as decimal(18, 4)) as total, coalesce(try_cast(refunded_amount as decimal(18, 4)), 0) as refunded
    from read_csv(getvariable('landing') || '/generic/orders/*/*.csv', all_varchar = true, ignore_errors = true, null_padding = true, hive_partitioning = false)
    where order_id is not null and try_cast(ordered_at as timestamp) is not null and try_cast(total as decimal(18, 4)) is not null
    qualify row_number() over (partition by order_id order by updated_at desc) = 1
)
select newest.*, status in ('paid', 'partially_refunded', 'refunded') as is_revenue,
    coalesce('c:' || customer_id, 'o:' || order_id) as buyer,
    ((total - case when status = 'refunded' and refunded = 0 then total else refunded end) * rates.rate)::decimal(18, 4) as net
from newest asof left join rates on newest.currency = rates.currency and newest.ordered_at::date >= rates.valid_from
where status <> 'test';

create temp table contacts as
select 'k:' || contact_id as stated_by, person_email(email) as email, person_phone(phone, country) as phone,
    first_name, last_name, upper(country) as country, postal_code, try_cast(birth_date as date) as birth_date
from read_csv(getvariable('landing') || '/generic/contacts/*/*.csv', all_varchar = true, ignore_errors = true, null_padding = true, hive_partitioning = false)
where contact_id is not null
qualify row_number() over (partition by contact_id order by updated_at desc) = 1
union all by name
select 'l:' || lead_id as stated_by, person_email(email) as email, person_phone(phone, country) as phone, first_name, last_name, upper(country) as country, postal_code
from read_csv(getvariable('landing') || '/generic/leads/*/*.csv', all_varchar = true, union_by_name = true, ignore_errors = true, null_padding = true, hive_partitioning = false)
where lead_id is not null
qualify row_number() over (partition by lead_id order by filename desc) = 1;

create temp table consents as
select case identifier_type when 'email' then 'e:' || person_email(identifier) when 'phone' then 'f:' || person_phone(identifier, 'FR') end as identifier,
    purpose, status, try_cast(occurred_at as timestamp) as occurred_at
from read_csv(getvariable('landing') || '/generic/consents/*/*.csv*', all_varchar = true, ignore_errors = true, null_padding = true, hive_partitioning = false)
where purpose in ('ad_user_data', 'ad_personalization', 'platform_matching') and identifier_type in ('email', 'phone');

-- Identity, first the identifiers that belong to one person for sure: accounts, orders, contacts, addresses.
create temp table seen as
select anonymous_id, user_id, email, phone, order_id from events
where user_id is not null or email is not null or phone is not null or order_id is not null
group by all;

create temp table links as
select 'c:' || user_id as a, 'e:' || email as b from seen where user_id is not null and email is not null
union select 'c:' || user_id, 'f:' || phone from seen where user_id is not null and phone is not null
union select buyer, 'e:' || email from orders where email is not null
union select buyer, 'f:' || phone from orders where phone is not null
union select stated_by, 'e:' || email from contacts where email is not null
union select stated_by, 'f:' || phone from contacts where phone is not null;

create temp table nodes as
select identifier, row_number() over () as node
from (
    select a as identifier from links union select b from links
    union select buyer from orders union select stated_by from contacts
    union select 'c:' || user_id from seen where user_id is not null
    union select 'e:' || email from seen where email is not null
    union select 'f:' || phone from seen where phone is not null
);

-- Every identifier takes the smallest number among its neighbours', until none changes any more.
create temp table edges as
with numbered as (select x.node as a, y.node as b from links join nodes as x on links.a = x.identifier join nodes as y on links.b = y.identifier)
from numbered union all select b, a from numbered;

create temp table known_people as
with recursive labels(node, label) using key (node) as (
    select node, node from nodes
    union
    select edges.b, min(labels.label)
    from labels join edges on edges.a = labels.node join recurring.labels as now on now.node = edges.b
    where labels.label < now.label
    group by 1
)
select nodes.identifier, 'p' || labels.label as profile_id from nodes join labels using (node);

-- Then the devices: each belongs to the one person seen on it; one with several people or none is a visitor of its own.
create temp table devices as
with on_device as (
    select anonymous_id, unnest(['c:' || seen.user_id, 'e:' || seen.email, 'f:' || seen.phone, orders.buyer]) as identifier
    from seen left join orders using (order_id) where anonymous_id is not null
),
owners as (
    select anonymous_id, min(profile_id) as profile_id
    from on_device join known_people using (identifier) group by 1 having count(distinct profile_id) = 1
)
select anonymous_id, coalesce(profile_id, 'a' || anonymous_id) as profile_id
from (select distinct anonymous_id from events where anonymous_id is not null) left join owners using (anonymous_id);

-- Profiles: visits, carts, orders, contact data. Who was logged in goes before the device.
create temp table owned as
select events.* exclude (email, phone, order_id), coalesce(account.profile_id, devices.profile_id) as profile_id
from events
left join known_people as account on account.identifier = 'c:' || user_id
left join devices using (anonymous_id)
where coalesce(account.profile_id, devices.profile_id) is not null;

create temp table visits as
with gaps as (
    select profile_id, occurred_at,
        occurred_at - lag(occurred_at) over (partition by coalesce(anonymous_id, user_id), occurred_at::date order by occurred_at) as gap
    from owned
)
select profile_id, count(*) filter (where gap is null or gap >= interval 30 minutes) as session_count, min(occurred_at) as first_visit_at,
    max(occurred_at) as last_visit_at
from gaps group by 1;

create temp table bought as
select known_people.profile_id, count(*) filter (where is_revenue) as order_count, sum(net) filter (where is_revenue) as net_revenue,
    min(ordered_at) filter (where is_revenue) as first_order_at, max(ordered_at) filter (where is_revenue) as last_order_at,
    max(ordered_at) as last_checkout_at
from orders join known_people on known_people.identifier = buyer
group by 1;

create temp table carts as
with lines as (
    select owned.profile_id, product_id, max(occurred_at) as touched_at, max_by(price, occurred_at) as price,
        sum(case event when 'Product Added' then quantity else -quantity end) as quantity
    from owned left join bought using (profile_id)
    where product_id is not null and (last_checkout_at is null or occurred_at > last_checkout_at)
    group by all
)
select profile_id, sum(price * quantity) as cart_value, max(touched_at) as cart_updated_at from lines where quantity > 0 group by 1;

create or replace table profiles as
select people.profile_id, contact.* exclude (profile_id), visits.* exclude (profile_id), bought.* exclude (profile_id), carts.* exclude (profile_id)
from (select profile_id from known_people union select profile_id from devices) as people
left join (
    select known_people.profile_id, min_by(email, stated_by) as email, min_by(phone, stated_by) as phone, min_by(first_name, stated_by) as first_name,
        min_by(last_name, stated_by) as last_name, min_by(country, stated_by) as country, min_by(postal_code, stated_by) as postal_code,
        min_by(birth_date, stated_by) as birth_date
    from contacts join known_people on known_people.identifier = stated_by group by 1
) as contact using (profile_id)
left join visits using (profile_id) left join bought using (profile_id) left join carts using (profile_id);

-- RFM by quintiles.
create or replace table rfm as
with customers as (select profile_id, date_diff('day', last_order_at, getvariable('as_of')) as recency, order_count as frequency, net_revenue as monetary
    from profiles where order_count > 0),
cuts as (select quantile_cont(recency, [.2, .4, .6, .8]) as r, quantile_cont(frequency, [.2, .4, .6, .8]) as f, quantile_cont(monetary, [.2, .4, .6, .8]) as m from customers)
select customers.*, 5 - len(list_filter(cuts.r, lambda c: customers.recency > c)) as r_score, 1 + len(list_filter(cuts.f, lambda c: customers.frequency > c)) as f_score,
    1 + len(list_filter(cuts.m, lambda c: customers.monetary > c)) as m_score
from customers cross join cuts;

-- Cart abandoners who ordered nothing lately, and the file that a platform takes: adults who agreed to all three purposes.
create or replace table cart_abandoners as
select profile_id, cart_value from profiles
where cart_updated_at between getvariable('as_of')::timestamp - interval 30 days and getvariable('as_of')::timestamp - interval 1 day
    and (last_checkout_at is null or last_checkout_at < getvariable('as_of')::timestamp - interval 14 days);

create temp table granted as
with newest as (
    select profile_id, purpose, arg_max(status, occurred_at) as status
    from consents join known_people using (identifier) group by 1, 2
)
select profile_id from newest where status = 'granted' group by 1 having count(*) = 3;

copy (
    select sha256(profiles.email) as "Email", sha256('+' || profiles.phone) as "Phone", sha256(lower(trim(first_name))) as "First Name",
        sha256(lower(trim(last_name))) as "Last Name", country as "Country", postal_code as "Zip"
    from cart_abandoners join granted using (profile_id) join profiles using (profile_id)
    where coalesce(profiles.email, profiles.phone) is not null
        and (birth_date is null or birth_date <= getvariable('as_of')::timestamp - interval 18 years)
    order by all
) to 'floor_export.csv' (header, delimiter ',');
