"""What the pipeline says of the demo shop against what is true of it."""

from __future__ import annotations

import json
from decimal import Decimal

import duckdb

from dagster_project.settings import Settings


def one(con: duckdb.DuckDBPyConnection, query: str):
    row = con.execute(query).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


def test_the_books_equal_the_truth_file_by_file(demo: Settings, beside):
    """A row lost, doubled or refused without cause changes every figure after it."""
    differing = beside.execute(
        f"""select file, rows, malformed, rows_read, rows_quarantined
        from (from read_csv('{demo.base}/truth/files.csv')) as truth
        full join w.quality.load_ledger as ledger using (file)
        where rows is distinct from rows_read or malformed is distinct from rows_quarantined
            or rows_read <> rows_accepted + rows_duplicate + rows_quarantined + rows_tombstoned"""
    ).fetchall()
    assert differing == []
    assert one(beside, "select count(*) from w.quality.quarantine") == one(
        beside, "select sum(rows_quarantined) from w.quality.load_ledger"
    )


def test_no_two_people_are_one(beside):
    """Two people welded together see each other's orders and get each other's messages."""
    welded = beside.execute("select profile_id from persons group by 1 having count(distinct truth_person_id) > 1").fetchall()
    assert welded == []


def test_nearly_everybody_is_one_person(beside):
    """A person split in two is counted twice and asked for consent in vain: at least 99 pairs of identifiers in 100 must meet."""
    found, wanted = one(
        beside,
        """with own as (
            select i.truth_person_id, i.identifier_type, i.identifier, known.profile_id
            from identifiers as i
            join people using (truth_person_id)
            join w.identity.identifiers as known using (identifier_type, identifier)
            where i.link = 'exact' and not i.shared and people.is_known
        )
        select count(*) filter (where a.profile_id = b.profile_id), count(*)
        from own as a join own as b using (truth_person_id)
        where (a.identifier_type, a.identifier) < (b.identifier_type, b.identifier)""",
    )
    assert wanted > 1000
    assert found / wanted >= 0.99


def test_every_identifier_of_a_person_is_known(beside):
    """An identifier that fell out on the way is a consent, an order or a visit that belongs to nobody."""
    missing = beside.execute(
        """select identifier_type, identifier from identifiers join people using (truth_person_id)
        anti join w.identity.identifiers using (identifier_type, identifier)
        where people.kind in ('customer', 'prospect', 'anonymous') and not identifiers.shared
            and truth_person_id not in (from refusing)"""
    ).fetchall()
    assert missing == []


def test_whoever_refuses_trackers_is_counted_and_nobody(beside):
    """A visitor who said no would be followed all the same, or their visits would be missing from the count."""
    asked = "select anonymous_id from devices where truth_person_id in (from refusing)"
    found = beside.execute(
        f"""select count(distinct device), count(*) filter (where coalesce(identifier, ip, landing_url) is not null)
        from w.profiles.sessions where substr(device, 3) in ({asked})"""
    ).fetchone()
    assert found == (one(beside, f"select count(*) from ({asked})"), 0)
    assert found[0] > 5
    assert one(beside, f"select count(*) from w.identity.identifiers where identifier in ({asked})") == 0


def test_carts_are_exact(beside):
    """A wrong cart is a message about a product that somebody bought or threw out."""
    differing = beside.execute(
        """with truth as (select * from carts join whole using (truth_person_id) where kind not in ('bot', 'internal')),
        found as (
            select truth_person_id, cart_value, cart_updated_at
            from w.profiles.profiles join whole using (profile_id) join people using (truth_person_id)
            where cart_updated_at is not null and people.kind not in ('test', 'bot', 'internal')
        )
        select * from truth full join found using (truth_person_id)
        where truth.value is distinct from found.cart_value or truth.last_touched_at is distinct from found.cart_updated_at"""
    ).fetchall()
    assert differing == []
    assert one(beside, "select count(*) from carts where abandoned") > 10


def test_cart_abandoners_are_exact(beside):
    """Precision and recall of the audience that earns its keep: who abandoned a cart, did not just buy, and may be spoken to."""
    found = """select truth_person_id from w.audiences.decisions join whole using (profile_id) join people using (truth_person_id)
        where audience = 'cart_abandoners' and (included or blocked_by like 'excluded:%')
            and people.kind not in ('test', 'bot', 'internal')"""
    truth = """select truth_person_id from carts join whole using (truth_person_id)
        where abandoned and kind not in ('bot', 'internal')"""
    assert set(beside.execute(found).fetchall()) == set(beside.execute(truth).fetchall())
    harmed = beside.execute(
        """select profile_id from w.audiences.members where audience = 'cart_abandoners' and (
            profile_id in (select profile_id from w.audiences.members where audience in ('recent_buyers', 'no_consent'))
            or profile_id not in (select profile_id from w.profiles.consents where status = 'granted'))"""
    ).fetchall()
    assert harmed == []


def test_a_member_says_why_and_with_what(beside):
    """A message needs the products by name, not a text that has to be parsed twice; a marketer needs the evidence."""
    rows = beside.execute(
        """select reason, context, value, truth_person_id from w.audiences.members join whole using (profile_id)
        where audience = 'cart_abandoners'"""
    ).fetchall()
    assert rows
    for reason, context, value, person in rows:
        assert Decimal(str(json.loads(reason)["cart_value"])) == value
        lines = json.loads(context)["products"]
        wanted = dict(
            beside.execute("select product_id, quantity from cart_items where truth_person_id = ?", [person]).fetchall()
        )
        assert {line["product_id"]: line["quantity"] for line in lines} == wanted


def test_revenue_is_exact_to_the_cent(demo: Settings, beside):
    """Revenue that does not equal the books is believed by nobody."""
    totals = json.loads((demo.base / "truth" / "totals.json").read_text())
    found = one(beside, "select sum(net_revenue) from w.profiles.profiles")
    assert abs(found - Decimal(totals["net_revenue"])) < Decimal("0.01")
    assert one(beside, "select sum(monetary) from w.scores.rfm") == one(
        beside, "select sum(net_revenue) from w.profiles.profiles anti join w.profiles.not_profiled using (profile_id)"
    )
    differing = beside.execute(
        """with truth as (select profile_id, sum(order_count) as orders, sum(net_revenue) as net from buyers
            join whole using (truth_person_id) group by 1)
        select truth.profile_id, truth.net, found.net_revenue from truth join w.profiles.profiles as found using (profile_id)
        where abs(truth.net - found.net_revenue) > 0.01"""
    ).fetchall()
    assert differing == []


def test_consent_is_the_last_word(beside):
    """A withdrawn consent that still counts as granted is the one mistake that is against the law."""
    differing = beside.execute(
        """with truth as (
            select profile_id, purpose, max_by(status, since) as status from consent
            join whole using (truth_person_id) group by all
        )
        select * from truth left join w.profiles.consents as found using (profile_id, purpose)
        where found.status is distinct from truth.status"""
    ).fetchall()
    assert differing == []


def test_every_customer_has_one_segment_and_equal_ones_the_same(beside):
    """Scores that depend on the order of rows put equal customers into different segments."""
    assert one(beside, "select count(*) from w.scores.rfm where rfm_segment is null") == 0
    for figure, score in (("recency_days", "r"), ("frequency", "f"), ("monetary", "m")):
        assert beside.execute(f"select {figure} from w.scores.rfm group by 1 having count(distinct {score}) > 1").fetchall() == []
    assert one(beside, "select count(distinct rfm_segment) from w.scores.rfm") >= 9


def test_bots_and_test_orders_are_nobody(beside):
    """A bot in an audience costs money; a test order in the books is a lie."""
    bots = """select audience, profile_id
        from w.audiences.members join persons using (profile_id) join people using (truth_person_id)
        where people.kind in ('bot', 'test', 'internal') and members.kind <> 'suppression'"""
    assert beside.execute(bots).fetchall() == []
    test_orders = """select order_id from orders join people using (truth_person_id)
        semi join w.profiles.person_orders using (order_id) where people.kind = 'test'"""
    assert beside.execute(test_orders).fetchall() == []


def test_spend_equals_the_accounts(demo: Settings, beside):
    """Spend counted twice or not at all makes every return on it wrong."""
    totals = json.loads((demo.base / "truth" / "totals.json").read_text())
    found = dict(beside.execute("select source, sum(spend) from w.unified.ad_spend group by 1").fetchall())
    assert {platform: Decimal(amount) for platform, amount in totals["ad_spend"].items()} == found


def test_machines_and_the_company_itself_are_told_from_visitors(beside):
    """A bot that looks like a browser, or the shop's own office, counted as visitors; or visitors left out as bots."""
    wrong = beside.execute(
        """with judged as (
            select events.anonymous_id, bool_and(is_internal) as is_internal,
                bool_and(is_bot or days.excluded_reason is not null) as is_bot
            from w.unified.events
            left join w.unified.traffic_days as days
                on days.device = 'a:' || events.anonymous_id and days.event_date = events.event_date
            where events.anonymous_id is not null
            group by 1
        )
        select * from judged join devices using (anonymous_id)
        where judged.is_bot <> devices.is_bot or judged.is_internal <> devices.is_internal"""
    ).fetchall()
    assert wrong == []
    assert one(beside, "select count(*) from w.unified.traffic_days where excluded_reason is not null") > 0
    assert one(beside, "select count(*) from devices where is_internal") > 2
    seen = """select device from w.profiles.sessions join devices on device = 'a:' || anonymous_id where is_bot or is_internal"""
    assert beside.execute(seen).fetchall() == []


def test_staff_are_marked_and_nobody_else(beside):
    """A member of staff among the customers distorts every figure; a customer taken for staff is never spoken to again."""
    wrong = beside.execute(
        """select profile_id, kind, is_internal from w.profiles.profiles join persons using (profile_id)
        join people using (truth_person_id) where is_internal <> (kind = 'test')"""
    ).fetchall()
    assert wrong == []
    assert one(beside, "select count(*) from w.profiles.profiles where is_internal") > 0


def test_what_is_left_out_is_counted(demo: Settings, beside):
    """What leaves the figures in silence can't be told from what was lost."""
    totals = json.loads((demo.base / "truth" / "totals.json").read_text())
    orders, events = one(
        beside,
        """select sum(count) filter (what = 'orders'), sum(count) filter (what = 'events' and reason <> 'internal_network')
        from w.quality.left_out""",
    )
    assert (orders, events) == (totals["test_orders"], totals["bot_events"])


def test_visitors_are_found_in_their_companies_networks(beside):
    """A business visitor would stay a stranger, or be put down to the provider in whose network the company's lies."""
    differing = beside.execute(
        """with found as (
            select distinct sessions.device, companies.company
            from w.profiles.sessions join w.unified.visitor_companies as companies using (ip)
        )
        select * from devices left join found on found.device = 'a:' || anonymous_id
        where not is_bot and devices.company is distinct from found.company and anonymous_id in (
            select substr(device, 3) from w.profiles.sessions where device like 'a:%' and identifier_type <> 'refused')"""
    ).fetchall()
    assert differing == []
    assert one(beside, "select count(distinct company) from w.profiles.company_visits") == 5
