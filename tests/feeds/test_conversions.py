"""Offline conversions: who and what is reported to ad platforms, when, with which value."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.feeds.conversion_world import ADJUSTMENTS, GOOGLE, META, Platform, World, rows
from tests.unchecked import leave_unchecked

NOON = datetime(2026, 3, 20, 12, 0)
GCLID = "Cj0KCQiA-example_Click-1"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch):
    leave_unchecked(monkeypatch)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "shop")


def ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def manifest(result) -> dict:
    return json.loads((result.folder / "manifest.json").read_text())


def test_a_row_says_what_google_asks_for_letter_by_letter(world: World):
    """A colon in the offset, an amount with four decimals or a hashed click id, and Google refuses the row."""
    world.person("anna")
    world.click("anna", ago(3), GCLID)
    world.order("anna", "W100", datetime(2026, 3, 18, 22, 30, 5), "119.9")
    world.order("anna", "W101", datetime(2026, 1, 31, 9, 0), "20")
    result = world.export(datetime(2026, 3, 30, 12), GOOGLE)[GOOGLE]
    header, *lines = (result.folder / "add.csv").read_text().splitlines()
    assert header == (
        "Google Click ID,GBRAID,WBRAID,Email,Phone Number,Conversion Name,Conversion Time,Conversion Value,Conversion Currency,"
        "Order ID,Ad User Data,Ad Personalization"
    )
    contacts = f"{sha256('anna@example.com')},{sha256('+336123400004')}"
    assert sorted(lines) == [
        f",,,{contacts},Purchase,2026-01-31 10:00:00+0100,20.00,EUR,W101,Granted,Granted",
        f"{GCLID},,,{contacts},Purchase,2026-03-18 23:30:05+0100,119.90,EUR,W100,Granted,Granted",
    ]
    world.order("anna", "W102", datetime(2026, 4, 1, 22, 30), "5")
    (row,) = rows(world.export(datetime(2026, 4, 2, 12), GOOGLE)[GOOGLE])
    assert row["Conversion Time"] == "2026-04-02 00:30:00+0200"  # by then the clocks had gone forward


def test_the_newest_click_before_the_conversion_stands_in_the_row(world: World):
    """A click that came after the sale, one of another platform, or what is no id at all, is no reason for it; two ids in a row
    are refused."""
    world.person("anna", contacts=False)
    world.click("anna", ago(9), "older-click-of-hers")
    world.click("anna", ago(5), "newer-click-of-hers", "gbraid")
    world.click("anna", ago(4), "click-of-another-shop", "msclkid")
    world.click("anna", ago(3), "test")
    world.click("anna", ago(1), "click-after-the-sale")
    world.order("anna", "W1", ago(2), "10")
    (row,) = rows(world.export(NOON, GOOGLE)[GOOGLE])
    assert (row["Google Click ID"], row["GBRAID"], row["WBRAID"]) == ("", "newer-click-of-hers", "")


def test_a_link_passed_on_stays_the_click_of_whoever_came_first(world: World):
    """A friend's purchase would be credited to an advertisement that the friend never saw."""
    world.person("anna")
    world.person("bob", contacts=False)
    world.click("anna", ago(9), GCLID)
    world.click("bob", ago(8), GCLID)
    world.order("bob", "W1", ago(2), "10")
    world.order("anna", "W2", ago(2), "10")
    result = world.export(NOON, GOOGLE)[GOOGLE]
    assert [row["Order ID"] for row in rows(result)] == ["W2"]
    assert manifest(result)["left_out"] == {"nothing to match": 1}


def test_a_click_that_the_crm_kept_counts(world: World):
    """Who fills in a form is known to the CRM by the click's id alone."""
    world.person("anna", contacts=False)
    lead = ("L1", "generic", ago(9), ago(2), None, None, None, json.dumps({"gclid": GCLID}))
    world.con.execute(f"insert into unified_leads values ({', '.join('?' * 8)})", lead)
    world.con.execute("insert into identity.identifiers values ('lead_id', 'L1', 'anna', null)")
    (row,) = rows(world.export(NOON, GOOGLE)[GOOGLE])
    assert (row["Google Click ID"], row["Conversion Name"]) == (GCLID, "Qualified lead")
    assert row["Conversion Value"] == "" == row["Conversion Currency"]
    assert "L1" not in row["Order ID"] and len(row["Order ID"]) == 32


def test_windows_are_kept_and_what_is_too_late_is_counted(world: World):
    """A platform refuses what is too late; nobody would know how much that was."""
    for name, click, sale in [("in_time", 89, 70), ("click_late", 91, 70), ("known", None, 62), ("known_late", None, 64)]:
        world.person(name, contacts=click is None)
        if click:
            world.click(name, ago(click), f"click-of-{name}")
        world.order(name, name, ago(sale), "10")
    result = world.export(NOON, GOOGLE)[GOOGLE]
    assert sorted(row["Order ID"] for row in rows(result)) == ["in_time", "known"]
    assert manifest(result)["left_out"] == {"too late": 2}
    world.order("known", "old", ago(61), "10")
    world.order("known", "older", ago(63), "10")
    for number, channel in enumerate(["web", "Online Store", "580111", None]):
        world.order("known", f"online-{number}", ago(1), "10", channel=channel)
    world.order("known", "counter", ago(1), "10", channel="In-Store")
    result = world.export(NOON, META)[META]
    assert sorted(row["order_id"] for row in rows(result)) == ["counter", "old"]
    assert manifest(result)["left_out"]["on the site"] == 4


def test_an_order_of_any_number_can_be_taken_back(world: World):
    """Told without a number, a sale that is given back stays in the platform's figures."""
    world.person("anna")
    world.order("anna", "A 12 34", ago(2), "25")
    (told,) = rows(world.export(NOON, GOOGLE)[GOOGLE])
    assert re.fullmatch("[0-9a-f]{32}", told["Order ID"])
    world.refund("A 12 34", "25")
    (taken,) = rows(world.export(NOON + timedelta(days=1), ADJUSTMENTS)[ADJUSTMENTS])
    assert (taken["Order ID"], taken["Adjustment Type"]) == (told["Order ID"], "RETRACT")


def test_news_waits_until_google_knows_the_click(world: World):
    """Told within hours of the click it is refused, and what was told is never told again."""
    world.person("anna")
    world.order("anna", "W1", ago(0.2), "10")
    world.order("anna", "W2", ago(0.3), "10")
    result = world.export(NOON, GOOGLE)[GOOGLE]
    assert [row["Order ID"] for row in rows(result)] == ["W2"]
    assert result.left_out == {"too early": 1}
    assert [row["Order ID"] for row in rows(world.export(NOON + timedelta(hours=3), GOOGLE)[GOOGLE])] == ["W1"]


def test_nothing_is_sent_of_people_without_the_purposes(world: World):
    """The consent that a platform asks for is asked of each person; the rest is told as denied."""
    for name, refused in [
        ("anna", "ad_user_data"),
        ("bob", "platform_matching"),
        ("carl", "ad_personalization"),
        ("dora", "ads"),
    ]:
        world.person(name, **{refused: "denied"})
        world.order(name, name, ago(1), "10")
    world.person("eve", internal=True)
    world.order("eve", "eve", ago(1), "10")
    results = world.export(NOON)
    google = {row["Order ID"]: row["Ad Personalization"] for row in rows(results[GOOGLE])}
    assert google == {"carl": "Denied", "dora": "Granted"}
    assert {row["order_id"] for row in rows(results[META])} == {"anna", "carl"}
    assert manifest(results[GOOGLE])["suppressed"]["consent"] == 2
    assert manifest(results[GOOGLE])["left_out"] == {"internal": 1}


def test_a_grant_covers_the_address_it_was_given_for(world: World):
    """An address that somebody did not agree to be matched by would stand in the file."""
    world.person("anna")
    world.say("anna", "platform_matching", "granted", "email:another@example.com")
    world.order("anna", "W1", ago(1), "10")
    (row,) = rows(world.export(NOON, GOOGLE)[GOOGLE])
    assert row["Email"] == "" and row["Phone Number"] != ""


def test_what_was_given_back_before_is_told_with_what_is_left_or_not_at_all(world: World):
    """A platform would learn from money that the company no longer has."""
    world.person("anna")
    for order, refund in [("none", 0), ("part", 30), ("whole", 100), ("almost", "99.998")]:
        world.order("anna", order, ago(2), "100")
        world.refund(order, refund)
    result = world.export(NOON, GOOGLE)[GOOGLE]
    assert {row["Order ID"]: row["Conversion Value"] for row in rows(result)} == {"none": "100.00", "part": "70.00"}
    assert manifest(result)["left_out"] == {"given back": 2}


def test_refunds_are_restated_once_each_and_a_whole_one_is_retracted_for_good(world: World):
    """An adjustment told twice is refused; one of a retracted conversion is, too."""
    world.person("anna")
    world.order("anna", "W1", ago(10), "100")
    told = []
    for day, refund in enumerate(["0", "30", "30", "55.5", "0", "100", "0"]):
        world.refund("W1", refund)
        results = world.export(NOON + timedelta(days=day), GOOGLE, ADJUSTMENTS)
        told += [(row["Adjustment Type"], row["Adjusted Value"]) for row in rows(results[ADJUSTMENTS])]
        assert not rows(results[GOOGLE]) or day == 0
    assert told == [("RESTATE", "70.00"), ("RESTATE", "44.50"), ("RESTATE", "100.00"), ("RETRACT", "")]
    (row,) = rows(world.export(NOON, GOOGLE, run_id="run1")[GOOGLE]) or [None]
    assert row is None


def test_an_adjustment_says_what_google_asks_for(world: World):
    """RETRACTION, as the API calls it, or a value beside RETRACT, and Google refuses the whole file."""
    world.person("anna")
    world.order("anna", "W1", ago(10), "100")
    world.order("anna", "W2", ago(10), "40")
    world.export(NOON, GOOGLE, ADJUSTMENTS)
    world.refund("W1", "25")
    world.cancel("W2")
    result = world.export(NOON + timedelta(days=1), GOOGLE, ADJUSTMENTS)[ADJUSTMENTS]
    header, *lines = (result.folder / "add.csv").read_text().splitlines()
    assert header == "Order ID,Conversion Name,Adjustment Time,Adjustment Type,Adjusted Value,Adjusted Value Currency"
    assert sorted(lines) == [
        "W1,Purchase,2026-03-21 13:00:00+0100,RESTATE,75.00,EUR",
        "W2,Purchase,2026-03-21 13:00:00+0100,RETRACT,,",
    ]


@pytest.mark.parametrize("road", ["erased", "withdrawn", "internal"])
def test_who_may_no_longer_be_held_has_their_conversions_retracted(world: World, road: str):
    """A platform would keep what it was told of somebody who has gone."""
    world.person("anna")
    world.order("anna", "W1", ago(10), "100")
    world.export(NOON, GOOGLE, ADJUSTMENTS)
    if road == "erased":
        world.erase("anna")
    elif road == "withdrawn":
        world.say("anna", "ad_user_data", "withdrawn")
    else:
        world.con.execute("update profiles.profiles set is_internal = true")
    results = world.export(NOON + timedelta(days=1), GOOGLE, ADJUSTMENTS)
    assert [row["Adjustment Type"] for row in rows(results[ADJUSTMENTS])] == ["RETRACT"]
    assert rows(results[GOOGLE]) == []
    assert rows(world.export(NOON + timedelta(days=2), GOOGLE, ADJUSTMENTS)[ADJUSTMENTS]) == []


def test_a_consent_that_has_merely_grown_old_takes_nothing_back(world: World):
    """A retraction can't be undone: silence is no reason for one."""
    world.person("anna")
    world.order("anna", "W1", ago(10), "100")
    world.export(NOON, GOOGLE, ADJUSTMENTS)
    world.say("anna", "ad_user_data", "expired")
    assert rows(world.export(NOON + timedelta(days=1), GOOGLE, ADJUSTMENTS)[ADJUSTMENTS]) == []


def test_what_can_no_longer_be_adjusted_is_counted(world: World):
    """Google refuses adjustments after 54 days, and of conversions that it knows by a WBRAID; others must not be forgotten."""
    world.person("anna", contacts=False)
    world.person("bob")
    world.person("carla")
    world.click("anna", ago(5), "click-on-a-telephone", "wbraid")
    world.order("anna", "W1", ago(4), "100")
    world.order("bob", "W2", ago(50), "100")
    world.order("carla", "W3", ago(49.5), "100")
    world.export(NOON, GOOGLE, ADJUSTMENTS)
    for order in ("W1", "W2", "W3"):
        world.refund(order, "10")
    result = world.export(NOON + timedelta(days=4, hours=1), GOOGLE, ADJUSTMENTS)[ADJUSTMENTS]
    assert result.left_out == {"known by a WBRAID": 1, "too late": 1}
    assert [row["Order ID"] for row in rows(result)] == ["W3"]


def test_an_order_called_after_its_customer_goes_under_a_number(world: World):
    """An address in the order's number is personal data, and Google refuses it."""
    world.person("anna")
    world.order("anna", "anna@example.com-7", ago(1), "10")
    results = world.export(NOON)
    for row in (rows(results[GOOGLE])[0]["Order ID"], rows(results[META])[0]["order_id"]):
        assert "@" not in row and len(row) == 32


def test_a_row_says_what_meta_asks_for(world: World):
    """A click id that was hashed or put in lower case matches nobody; a purchase without currency is refused."""
    world.person("anna")
    world.click("anna", datetime(2026, 3, 10, 8, 0, 0), "IwAR2F4-dbP0l7", "fbclid")
    world.con.execute("insert into identity.identifiers values ('fbp', 'fb.1.1596403881668.1116446470', 'anna', null)")
    world.order("anna", "S1", datetime(2026, 3, 19, 12, 0), "59.5", channel="store")
    (row,) = rows(world.export(NOON, META)[META])
    assert row == {
        "event_name": "Purchase", "event_time": "1773921600", "action_source": "physical_store", "order_id": "S1",
        "value": "59.50", "currency": "EUR", "em": sha256("anna@example.com"), "ph": sha256("336123400004"),
        "fn": sha256("anna"), "ln": sha256("martin"), "ct": sha256("lyon"), "st": "", "zp": sha256("69001"),
        "country": sha256("fr"), "db": "", "ge": sha256("f"),
        "fbc": "fb.1.1773129600000.IwAR2F4-dbP0l7", "fbp": "fb.1.1596403881668.1116446470",
    }  # fmt: skip


def test_a_subscription_is_told_when_it_is_paid_for(world: World):
    """A trial is no sale, and one ended within it never becomes one."""
    world.person("anna")
    for name, ended in [("kept", None), ("ended", ago(4)), ("open", None)]:
        trial_ends = ago(-3) if name == "open" else ago(3)
        row = (name, "generic", None, "anna@example.com", ago(17), trial_ends, ended, Decimal(12), Decimal(12), "EUR")
        world.con.execute(f"insert into unified_subscriptions values ({', '.join('?' * 10)})", row)
    results = world.export(NOON)
    assert [(row["Conversion Name"], row["Conversion Value"]) for row in rows(results[GOOGLE])] == [("Subscription", "12.00")]
    assert [(row["event_name"], row["action_source"]) for row in rows(results[META])] == [("Subscribe", "system_generated")]


def test_the_purposes_that_retract_are_those_that_are_asked_for(world: World):
    """Somebody's refusal would keep new conversions back and leave the old ones where they are."""
    model = (Path(__file__).parents[2] / "dbt_models" / "models" / "feeds" / f"{ADJUSTMENTS}.sql").read_text()
    listed = ", ".join(f"'{purpose}'" for purpose in world.feeds[GOOGLE].destination.consent.purposes)
    assert f"set purposes = [{listed}]" in model


AMOUNTS = st.decimals("0.01", "500", places=2)
STEP = st.tuples(
    st.sampled_from(["order", "refund", "refund", "whole", "cancel", "withdraw", "wait"]),
    st.integers(0, 5), AMOUNTS, st.integers(1, 25), st.integers(0, 70),
)  # fmt: skip


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=3, max_size=8))
def test_the_platform_holds_what_the_books_say(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple]):
    """After any orders, late or not, refunds, cancellations, refusals and runs, Google's sums would differ from the books."""
    world, platform = World(tmp_path_factory.mktemp("conversions") / "shop"), Platform()
    now, orders, refusing = NOON, {}, set()
    for number, (what, which, amount, days, late) in enumerate(steps):
        name = f"p{which}"
        chosen = list(orders)[which % len(orders)] if orders else None
        if what == "order" or chosen is None:
            if name not in {person for person, *_ in orders.values()} | refusing:
                world.person(name)
            chosen = f"W{number}"
            orders[chosen] = [name, now - timedelta(days=late), amount, Decimal(0)]
            world.order(name, chosen, now - timedelta(days=late), amount)
        elif what in ("refund", "whole"):
            orders[chosen][3] = orders[chosen][2] if what == "whole" else min(amount, orders[chosen][2])
            world.refund(chosen, orders[chosen][3])
        elif what == "cancel":
            orders[chosen][2] = orders[chosen][3] = Decimal(0)
            world.cancel(chosen)
        elif what == "withdraw":
            refusing.add(orders[chosen][0])
            world.say(orders[chosen][0], "platform_matching", "withdrawn")
        before = set(platform.seen)
        platform.take(world.export(now, GOOGLE, ADJUSTMENTS))
        for order, (person, at, total, refunded) in orders.items():
            worth, age = total - refunded, now - at
            if order in platform.seen - before:
                assert worth > 0 and person not in refusing and age < timedelta(days=63)
            if worth > 0 and person not in refusing and timedelta(hours=6) <= age < timedelta(days=63):
                assert order in platform.seen
            if order in platform.seen and order not in platform.retracted and age < timedelta(days=54):
                assert person not in refusing
                assert platform.values.get(order, Decimal(0)) == worth
        now += timedelta(days=days)
