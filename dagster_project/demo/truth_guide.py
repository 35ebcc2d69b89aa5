"""The text of truth/README.md."""

TRUTH_README = """# What is true of this demo

Written by the generator from its own knowledge of who did what, never by reading the landing folder. Times are UTC without a
zone, as of the `as_of` in `totals.json`; money is exact.

| file | one row per | notes |
| --- | --- | --- |
| people.parquet | person | see below |
| devices.parquet | device | whose it is, whether it visits from the shop's office, the company whose network it is in |
| identifiers.parquet | identifier × person | `identifier` as it should come out: e-mail in lower case, phone in E.164 |
| orders.parquet | order | newest status and refund, its coupon; `*_eur` at the rate of the order's day (Paris), none for CHF |
| buyers.parquet | person with an order | see below |
| carts.parquet, cart_items.parquet | person with an open cart; its products | see below |
| product_viewers.parquet | person × product | views, and the last time it was viewed, added, bought (any channel, any status) |
| visits.parquet | person or device on the site | when last; what is done on a household's device before a login is the device's |
| leads.parquet | lead | `converted_at` is the person's first order where that came later; see below |
| registrations.parquet | registration for an event | one a person; `registered` are yet to come |
| downloads.parquet | file taken | by prospects only |
| social_interactions.parquet | interaction that names an address | |
| trials.parquet | prospect's trial | `ended_at` is missing while it runs; nobody paid |
| consent.parquet | person × purpose | the newest statement and the identifier it was made for; no row = never asked |
| remarketing.parquet | person × remarketing audience | who is due for it and since when, see below |
| messages.parquet | person × sequence | the step that comes next and when it is due, see below |
| files.csv | landed file | rows (without a header), how many can't be used, how many repeat what an earlier file or row said |
| malformed.csv | row that can't be used | line: the header is line 1; in Parquet the number of the record, from 1 |
| duplicates.csv | file × kind of repetition | a file that is the same as another one counts all its rows |
| totals.json | | parameters and sums |

**People.** `kind` is customer, prospect, test (staff who place test orders), anonymous, household_device, bot or internal
(somebody in the shop's own office). `is_known` is true for customers and prospects alone.

**Identifiers.** `shared` marks what several people use: a household's device (its owner here is the device itself, kind
household_device), a parent's phone that a minor left too (one row each), an address such as info@ (no owner). Shared
identifiers must not make two people one. `link` is `exact` where equal identifiers lead from record to record to the person,
`probable` where only the likeness of name, birth date and place can.

**Household devices.** Events after a login carry the user id and belong to that person. Events without one belong to the
device, not to a known person.

**Carts.** Product Added minus Product Removed since the person's last order of any channel and any status (cancelled ones
too); a product below zero counts as zero. `last_touched_at` is the last addition or removal. `abandoned`: touched between 24
hours and 30 days before as_of. Anonymous days before a login count as the person's own. Bots have carts too: their rows say so
in `kind`, and no audience should hold them.

**Buyers.** Orders that are paid, refunded or partly refunded count; pending, cancelled and test ones do not. `gross_revenue` is
their total and `net_revenue` the total less refunds, both to the last decimal: who rounds each order to four decimals first
differs by at most 0.00005 an order. The CHF order counts as an order without money. All else can be counted from orders.parquet.

**Remarketing.** For the audiences that follow from facts alone, everybody whom the shipped windows put in, before anything that
leaves people out (consent, recent orders, open refunds, the holdout). Purchases are orders that count and paid subscriptions;
days are those of Paris. `since` is the purchase, the delivery, the end of the subscription, or the midnight (UTC) of the
birthday, anniversary or renewal.

**Media without links.** Television, radio and posters (marketing_costs) sold nothing: nobody ordered for them.

**Leads.** `is_proven` ones came with a proof of consent, which is a grant for calls to their number (consent.parquet has it).
`calls_missed` and `calls_answered` count the calls to the person since the lead came: three missed and none answered make it
one that its supplier's reachability suffers from.

**Messages.** For the sequences that follow from facts alone, whom the shipped ones would speak to next as of the demo's clock,
with nothing sent before: before anything that leaves people out of the audience, consent, age, and other messages that take
precedence. `due_at` is what the sequence's own hours and days make of cart, lead, event, delivery or last purchase.

**Files.** Duplicates are counted in the order of the file names: a later name repeats an earlier one.
"""
