"""How often one person is spoken to, by everything together: caps, days, kinds, complaints, priorities."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dagster_project.activation.activations import Activation
from dagster_project.activation.build import run_activation
from tests.sequences.world import CARTS, World, destinations
from tests.unchecked import leave_unchecked

LEFT = datetime(2026, 3, 2, 10)
NEWS = {
    "name": "news",
    "description": "A word.",
    "audience": "readers",
    "kind": "reactivation",
    "channel": "email",
    "destination": "brevo",
    "steps": [{"name": "word", "after": {"hours": 24}, "hint": "still interested?"}],
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_unchecked(monkeypatch)


def test_what_the_tool_sent_counts_and_nothing_counts_twice(tmp_path: Path) -> None:
    """Two mails a week: the tool's own newsletter counts; its report of our message is our message."""
    world = World(tmp_path / "shop", CARTS, extra="pressure: {channels: {email: {messages: 2, days: 7}}}\n")
    world.person("anna", anchor=LEFT)
    first = LEFT + timedelta(hours=24)
    world.export(first)
    world.mail("anna", "delivered", first + timedelta(minutes=20), "cart")
    world.mail("anna", "delivered", first + timedelta(minutes=21), "cart")
    second = first + timedelta(hours=48)
    world.look(second)
    assert world.con.execute("select count(*) from message_history").fetchone() == (1,)
    world.mail("anna", "delivered", first + timedelta(hours=20), "newsletter")
    world.look(second)
    planned = world.row("anna")
    assert planned and (planned["waits_for"], planned["due_at"], planned["is_due"]) == (
        "channel",
        first + timedelta(days=7),
        False,
    )
    world.export(first + timedelta(days=7, minutes=-1))
    assert len(world.sent()) == 1
    world.export(first + timedelta(days=7))
    assert [step for _, step, _ in world.sent()] == ["one", "two"]


def test_the_cap_of_an_audience_holds_for_its_own_messages(tmp_path: Path) -> None:
    """`frequency_cap` in an audience's YAML is a promise to its people, whatever the channel allows."""
    world = World(tmp_path / "shop", CARTS, audiences={"carts": {"frequency_cap": {"messages": 1, "days": 5}}})
    world.person("anna", anchor=LEFT)
    first = LEFT + timedelta(hours=24)
    world.export(first)
    world.look(first + timedelta(hours=48))
    planned = world.row("anna")
    assert planned and (planned["waits_for"], planned["due_at"]) == ("audience", first + timedelta(days=5))


def test_a_complaint_silences_all_channels(tmp_path: Path) -> None:
    """Whoever pressed the spam button of a mail is not to be told by text message instead."""
    world = World(tmp_path / "shop", CARTS)
    world.person("anna", anchor=LEFT)
    world.mail("anna", "complained", LEFT - timedelta(days=3))
    world.look(LEFT + timedelta(hours=30))
    capped = world.con.execute("select distinct channel, capped_by from frequency_caps order by 1").fetchall()
    assert {("sms", "complaint"), ("email", "complaint"), ("phone", "complaint")} <= set(capped)
    world.export(LEFT + timedelta(hours=31))
    assert world.sent() == []


def test_one_message_a_day_and_the_smaller_priority_has_it(tmp_path: Path) -> None:
    """Two sequences that want the same person the same day: the one that matters goes out, the other waits for tomorrow."""
    audiences: dict[str, dict[str, Any]] = {"carts": {"priority": 10}, "readers": {"priority": 50, "goal": None}}
    world = World(tmp_path / "shop", CARTS, NEWS, audiences=audiences)
    world.person("anna", anchor=LEFT)
    world.enter("anna", "readers", LEFT - timedelta(hours=2))
    morning = LEFT + timedelta(hours=22)
    world.export(morning)  # the word is due, the cart will be two hours later
    held = world.row("anna", "news")
    assert held and (held["waits_for"], held["is_due"]) == ("priority:carts", False)
    world.export(LEFT + timedelta(hours=24))
    world.export(LEFT + timedelta(hours=26))
    held = world.row("anna", "news")
    assert held and held["waits_for"] == "day"
    midnight = datetime(2026, 3, 3, 23)  # in Paris
    world.export(midnight)
    assert world.sent("anna") == [("carts", "one", LEFT + timedelta(hours=24)), ("news", "word", midnight)]


def test_what_was_asked_for_does_not_wait(tmp_path: Path) -> None:
    """A lead is called the same day, whatever came in the morning; a cart of theirs can wait until tomorrow. Caps hold."""
    calls = {
        **CARTS, "name": "calls", "audience": "leads", "kind": "sales", "channel": "phone", "destination": "call_list",
        "steps": [{"name": "first", "after": {"working_days": 0}, "hint": "thanks"}],
    }  # fmt: skip
    extra = "pressure: {overall: {messages: 3, days: 7}}\n"
    world = World(tmp_path / "shop", CARTS, calls, extra=extra, audiences={"carts": {}, "leads": {"goal": "conversion"}})
    for name, letters in (("anna", 2), ("bob", 0), ("carl", 3)):
        world.person(name, anchor=LEFT)
        world.enter(name, "leads", LEFT + timedelta(hours=23))
        for number in range(letters):
            world.mail(name, "delivered", LEFT + timedelta(hours=20 + number), f"news {number}")
    world.export(LEFT + timedelta(hours=24))
    assert [sequence for sequence, *_ in world.sent("anna")] == ["calls"]
    assert [sequence for sequence, *_ in world.sent("bob")] == ["calls"]
    assert world.sent("carl") == []
    waiting = world.row("bob")
    assert waiting and waiting["waits_for"] == "priority:calls"


def test_reactivation_twice_a_year_half_a_year_apart(tmp_path: Path) -> None:
    """A person who stays silent for ever must not be asked for ever: twice a year, by default 182 days apart."""
    world = World(tmp_path / "shop", NEWS, audiences={"readers": {"goal": None}})
    world.person("anna", "readers", LEFT)
    start = LEFT + timedelta(hours=24)
    for days in (0, 1, 181, 182, 364, 365):
        world.export(start + timedelta(days=days))
    assert [at for _, _, at in world.sent()] == [start, start + timedelta(days=182), start + timedelta(days=365)]


def test_three_times_a_year_needs_a_shorter_spacing_set_on_purpose(tmp_path: Path) -> None:
    """With the spacing said, the third time comes."""
    kind = "pressure: {kinds: {reactivation: {times: 3, spacing_days: 120}}}\n"
    world = World(tmp_path / "shop", NEWS, extra=kind, audiences={"readers": {"goal": None}})
    world.person("anna", "readers", LEFT)
    start = LEFT + timedelta(hours=24)
    for days in (0, 119, 120, 240, 364, 365):
        world.export(start + timedelta(days=days))
    assert [(at - start).days for _, _, at in world.sent()] == [0, 120, 240, 365]


def test_two_sequences_of_one_kind_share_its_rounds(tmp_path: Path) -> None:
    """A second reactivation under another name is still a reactivation."""
    other = NEWS | {"name": "other", "audience": "carts"}
    world = World(tmp_path / "shop", NEWS, other, audiences={"carts": {"goal": None}, "readers": {"goal": None, "priority": 1}})
    world.person("anna", "readers", LEFT)
    world.enter("anna", "carts", LEFT)
    world.export(LEFT + timedelta(hours=24))
    world.look(LEFT + timedelta(hours=50))
    waiting = world.row("anna", "other")
    assert waiting and waiting["due_at"] == LEFT + timedelta(hours=24, days=182)


def test_a_buyer_is_left_alone_for_a_while(tmp_path: Path) -> None:
    """After a purchase the kind's own pause holds, whatever the audience thinks."""
    world = World(tmp_path / "shop", NEWS, audiences={"readers": {"goal": None}})
    world.person("anna", "readers", LEFT)
    bought = LEFT - timedelta(days=1)
    world.con.execute("insert into goal_moments values ('anna', 'order', ?)", [bought])
    world.look(LEFT + timedelta(hours=30))
    waiting = world.row("anna", "news")
    assert waiting and (waiting["waits_for"], waiting["due_at"]) == ("purchase", bought + timedelta(days=30))
    world.look(bought + timedelta(days=30))
    due = world.row("anna", "news")
    assert due and (due["waits_for"], due["is_due"]) == (None, True)


def test_one_hands_on_to_the_next(tmp_path: Path) -> None:
    """Whoever is in cart recovery is not asked whether they are still interested before that has ended."""
    carts = CARTS | {"then": "news"}
    later = NEWS | {"steps": [{"name": "word", "after": {"days": 30}, "at": 10, "hint": "still interested?"}]}
    world = World(tmp_path / "shop", carts, later, audiences={"carts": {}, "readers": {"goal": None, "priority": 1}})
    world.person("anna", anchor=LEFT)
    world.enter("anna", "readers", LEFT - timedelta(days=60))
    first = LEFT + timedelta(hours=24)
    world.export(first)
    waiting = world.row("anna", "news")
    assert waiting and waiting["waits_for"] == "sequence:carts"
    world.export(first + timedelta(hours=48))
    last = first + timedelta(hours=96)
    world.export(last)
    world.leave("anna")
    world.look(last + timedelta(hours=1))
    planned = world.row("anna", "news")
    # 30 days after the last message of carts, at ten in Paris, where the clocks have changed since.
    assert planned and planned["due_at"] == datetime(2026, 4, 6, 8)


def test_a_list_leaves_out_who_has_had_enough(tmp_path: Path) -> None:
    """A mailing list is mail to come: who is capped on e-mail is in no e-mail list, and stays in advertising."""
    world = World(tmp_path / "shop", CARTS, extra="pressure: {channels: {email: {messages: 1, days: 7}}}\n")
    world.person("anna", anchor=LEFT)
    world.person("bob", anchor=LEFT)
    world.mail("anna", "delivered", LEFT - timedelta(days=1))
    world.look(LEFT)
    brevo = destinations()["brevo"]
    listed = Activation("list", "A list.", brevo, "carts", "delta", tuple(brevo.keys), 1, None, Path("list.yml"))
    result = run_activation(world.settings, world.con, listed, "run", LEFT)
    assert (result.adds, result.suppressed["frequency"]) == (1, 1)
