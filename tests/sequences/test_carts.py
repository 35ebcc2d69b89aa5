"""Cart recovery by the hour: the three messages, what stops them, and that none goes out twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dagster_project.activation import publish
from tests.sequences.world import CARTS, World, file_rows, insert
from tests.unchecked import leave_unchecked

LEFT = datetime(2026, 3, 2, 10, 17)
"""A Monday, when a cart was left; runs come at full hours."""
FIRST = datetime(2026, 3, 3, 11)
SECOND = FIRST + timedelta(hours=48)
THIRD = SECOND + timedelta(hours=48)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_unchecked(monkeypatch)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "shop", CARTS)


def test_three_messages_at_their_hours(world: World) -> None:
    """A message an hour early, twice, or counted from the cart and not from the last message, is what people complain of."""
    world.person("anna", anchor=LEFT, products='[{"product_id": "lamp"}]')
    near = [moment + timedelta(hours=hours) for moment in (FIRST, SECOND, THIRD) for hours in (-1, 0, 1)]
    results = {at: world.export(at)[0] for at in [*near, THIRD + timedelta(days=3)]}
    assert world.sent() == [("carts", "one", FIRST), ("carts", "two", SECOND), ("carts", "three", THIRD)]
    assert [at for at, result in results.items() if result.adds] == [FIRST, SECOND, THIRD]
    (row,) = file_rows(results[THIRD], "add.csv")
    assert (row["EMAIL"], row["SEQUENCE"], row["STEP"], row["CODE"], row["HINT"]) == (
        "anna@example.com", "carts", "three", "FREE", "a code",
    )  # fmt: skip
    assert (row["SEND_AT"], row["PRODUCTS"]) == ("2026-03-07T11:00:00Z", '[{"product_id":"lamp"}]')
    assert file_rows(results[FIRST], "add.csv")[0]["CODE"] == ""


def test_a_message_of_no_product_names_what_was_last_looked_at(world: World) -> None:
    """ "Are you still interested in …?" needs a product, and not one that the person owns by now."""
    world.person("anna", anchor=LEFT)
    looked = [("lamp", 5, None), ("table", 3, None), ("chair", 1, LEFT), ("sofa", 1, LEFT - timedelta(days=9))]
    rows = [("anna", product, LEFT - timedelta(days=days), bought) for product, days, bought in looked]
    insert(world.con, "profiles.profile_products", rows)
    (result,) = world.export(FIRST)
    assert file_rows(result, "add.csv")[0]["PRODUCTS"] == '["sofa"]'


def test_the_next_step_counts_from_when_the_last_really_went_out(world: World) -> None:
    """A day without runs must not bring two messages at once when runs come back."""
    world.person("anna", anchor=LEFT)
    world.export(FIRST)
    late = SECOND + timedelta(hours=30)
    world.export(late)
    world.export(late + timedelta(hours=1))
    assert world.sent("anna")[1:] == [("carts", "two", late)]
    planned = world.row("anna")
    assert planned and planned["due_at"] == late + timedelta(hours=48)


def test_an_order_stops_at_once_and_takes_the_person_off_the_list(world: World) -> None:
    """Nothing annoys a buyer like an offer for what they have just bought at full price."""
    world.person("anna", anchor=LEFT)
    world.person("bob", anchor=LEFT)
    world.export(FIRST)
    world.buy("anna", SECOND - timedelta(minutes=5))
    (result,) = world.export(SECOND)
    assert [row["EMAIL"] for row in file_rows(result, "add.csv")] == ["bob@example.com"]
    assert [row["EMAIL"] for row in file_rows(result, "remove.csv")] == ["anna@example.com"]
    stopped = world.row("anna")
    assert stopped and (stopped["stop_reason"], stopped["step"], stopped["is_due"]) == ("goal:order", "two", False)


@pytest.mark.parametrize("why", ["reply", "withdrawal", "suppression", "expiry", "holdout"])
def test_whoever_is_stopped_is_listed_and_gets_nothing_more(world: World, why: str) -> None:
    """A reply unanswered by silence, a withdrawal that a planned message outlives: both end in a complaint."""
    world.person("anna", anchor=LEFT)
    world.export(FIRST)
    if why == "reply":
        world.mail("anna", "replied", FIRST + timedelta(hours=3))
    elif why == "withdrawal":
        world.con.execute("update profile_consents set status = 'withdrawn' where purpose = 'email'")
    elif why == "suppression":
        insert(world.con, "members", [("unsubscribed", "suppression", "anna", FIRST, None, False, False, None, None)])
    elif why == "expiry":
        world.leave("anna", why="within_window")
    else:
        world.con.execute("update members set holdout = true")
    (result,) = world.export(SECOND)
    stopped = world.row("anna")
    expected = {
        "reply": "replied",
        "withdrawal": "no_consent",
        "suppression": "suppressed:unsubscribed",
        "expiry": "within_window",
        "holdout": "holdout",
    }
    assert stopped and stopped["stop_reason"] == expected[why]
    assert world.sent() == [("carts", "one", FIRST)]
    assert [row["EMAIL"] for row in file_rows(result, "remove.csv")] == ["anna@example.com"]


def test_whoever_may_not_be_spoken_to_is_not_begun_with(world: World) -> None:
    """Nobody without consent, held out or with a cart long left may get a first message."""
    world.person("anna", anchor=LEFT, holdout=True)
    world.person("bob", anchor=LEFT)
    world.con.execute("delete from profile_consents where profile_id = 'bob'")
    world.person("old", anchor=LEFT - timedelta(days=5))
    world.person("carl", anchor=LEFT)
    world.export(FIRST)
    assert [row[0] for row in world.con.execute("select profile_id from activation.messages").fetchall()] == ["carl"]


def test_a_cart_touched_again_goes_on_where_it_was(world: World) -> None:
    """Whoever comes back to their cart must not get the first message again; the audience's own quiet hours see to the pause."""
    world.person("anna", anchor=LEFT)
    world.export(FIRST)
    touched = FIRST + timedelta(hours=20)
    world.con.execute("update members set anchor_at = ?, entered_at = ?", [touched, touched + timedelta(hours=24)])
    world.export(SECOND)
    assert [step for _, step, _ in world.sent()] == ["one", "two"]


def test_a_new_cart_weeks_later_begins_anew(world: World) -> None:
    """The kind allows a round every 14 days: a cart left sooner has to wait, then begins with the first message."""
    world.person("anna", anchor=LEFT)
    for at in (FIRST, SECOND, THIRD):
        world.export(at)
    world.con.execute("update members set anchor_at = ?", [FIRST + timedelta(days=12)])
    world.export(FIRST + timedelta(days=13, hours=23))
    assert len(world.sent()) == 3
    world.export(FIRST + timedelta(days=14))
    assert world.sent()[3:] == [("carts", "one", FIRST + timedelta(days=14))]


@pytest.mark.parametrize("step", ["_write_outbox", "_move_into_place", "commit", "point_latest"])
def test_a_crash_sends_no_message_twice_and_loses_none(world: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Killed anywhere on the way, the next run must know what has gone out: the file is there, or the message is still due."""
    world.person("anna", anchor=LEFT)
    real = getattr(publish, step)

    class Killed(BaseException):
        pass

    def killed(*args: object) -> None:
        real(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(publish, step, killed)
        with pytest.raises(Killed):
            world.export(FIRST, run_id="one")
    world.export(FIRST, run_id="one")
    world.export(FIRST + timedelta(hours=1))
    assert world.sent() == [("carts", "one", FIRST)]
    files = list(world.settings.exports_path.glob("*/carts/*/*/add.csv"))
    assert len(files) == 1


def test_the_same_run_again_finds_its_tables_and_writes_nothing(world: World) -> None:
    """A run repeated must tell the same story: its own messages are its result, not its ground."""
    world.person("anna", anchor=LEFT)
    world.export(FIRST, run_id="one")
    before = world.con.execute("select * from messages_due").fetchall()
    (again,) = world.export(FIRST, run_id="one")
    assert again.status == "already_published"
    assert world.con.execute("select * from messages_due").fetchall() == before
    assert len(world.sent()) == 1
    (other,) = world.export(FIRST, run_id="other")  # as after a change of configuration within the minute
    assert (other.adds, len(world.sent())) == (0, 1)


def test_two_who_become_one_go_on_together(world: World) -> None:
    """Merged in mid-sequence, a person must not get again what either of them has had."""
    world.person("anna", anchor=LEFT)
    world.export(FIRST)
    later = FIRST + timedelta(hours=30)
    world.person("ann", anchor=later - timedelta(hours=25))
    world.export(later)
    world.export(SECOND)
    assert [(step, at) for _, step, at in world.sent("anna")] == [("one", FIRST), ("two", SECOND)]
    # ann, who has had step one, is now anna, who has had one and two.
    insert(world.con, "aliases", [("ann", "anna")])
    world.con.execute("delete from members where profile_id = 'ann'; update identifiers set profile_id = 'anna'")
    world.export(later + timedelta(hours=48))
    assert len(world.sent()) == 3
    planned = world.row("anna")
    assert planned and (planned["step"], planned["due_at"]) == ("three", THIRD)
    world.export(THIRD)
    world.export(THIRD + timedelta(hours=3))
    assert [step for _, step, _ in world.sent()] == ["one", "one", "two", "three"]
