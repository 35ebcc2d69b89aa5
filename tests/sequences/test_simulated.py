"""Sequences as SQL has them against a simulation of each person, over random lives and runs that come when they can."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.pressure_settings import Pressure
from dagster_project.settings import SHIPPED
from dagster_project.working_days import closed_days
from tests.sequences.simulated import Life, Person
from tests.sequences.world import World

MINUTES = st.integers(-36 * 60, 130 * 60)
LAGS = st.sampled_from([0, 0, 0, 40, 7 * 60, 50 * 60])


@st.composite
def lives(draw: st.DrawFn) -> dict[str, Any]:
    """Minutes from the beginning, so that they may be laid on any week of the year."""

    def moments(most: int) -> list[tuple[int, int]]:
        return draw(st.lists(st.tuples(MINUTES, LAGS), max_size=most))

    later = st.tuples(st.integers(1, 60 * 60), st.sampled_from(["reply", "missed", "missed", "answered"]))
    return {
        "touches": [(draw(st.integers(-36 * 60, 48 * 60)), 0), *moments(1)],
        "orders": moments(1) if draw(st.booleans()) else [],
        "replies": moments(1) if draw(st.integers(0, 3)) == 0 else [],
        "complaints": moments(1) if draw(st.integers(0, 7)) == 0 else [],
        "newsletters": moments(draw(st.sampled_from([0, 2, 6]))),
        "consent": draw(st.lists(st.tuples(MINUTES, st.booleans()), max_size=2)) if draw(st.integers(0, 3)) == 0 else [],
        "after_sent": draw(st.dictionaries(st.integers(1, 4), later, max_size=2)),
    }


def shipped(name: str) -> dict[str, Any]:
    spec = yaml.safe_load((SHIPPED / "activations" / "sequences" / f"{name}.yml").read_text(encoding="utf-8"))
    return {key: value for key, value in spec.items() if key != "then"}


SPECS = {"cart_recovery": shipped("cart_recovery"), "sales_cadence": shipped("sales_cadence")}
AUDIENCES = {"cart_abandoners": {}, "received_leads": {}}
WEEKS = [datetime(2026, 3, 2), datetime(2026, 3, 27), datetime(2026, 4, 30), datetime(2026, 10, 23), datetime(2026, 12, 23)]
"""An ordinary one, both changes of the clocks, and such with holidays."""


@settings(max_examples=3, deadline=None)
@given(
    drawn=st.lists(lives(), min_size=12, max_size=12),
    start=st.sampled_from(WEEKS),
    gaps=st.lists(st.sampled_from([1, 1, 1, 2, 3, 5, 8, 13, 40, 170]), min_size=22, max_size=22),
    failing=st.sets(st.integers(0, 21), max_size=5),
)
def test_every_message_is_that_of_the_simulation(
    drawn: list[dict[str, Any]], start: datetime, gaps: list[int], failing: set[int]
) -> None:
    """A message twice, early, after an order or an answer, at night or never: hour after hour, whatever happened and when it was
    known. Runs come late, are repeated, or end between the tables and the files."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "shop", *SPECS.values(), audiences=AUDIENCES)
        people = {f"p{number}": _person(world, number, start, life) for number, life in enumerate(drawn)}
        for name in people:
            world.person(name)
        now = start
        for number, gap in enumerate(gaps):
            now += timedelta(hours=gap)
            _tell(world, people, now)
            rows = world.look(now, f"run{number}")
            due = {row["profile_id"]: (row["step"], row["send_at"]) for row in rows if row["is_due"]}
            expected = {name: step for name, person in people.items() if (step := person.next(now)) is not None}
            assert due == expected, f"at {now}"
            if number not in failing:
                _publish(world, now, f"run{number}")
                assert number % 5 or world.look(now, f"run{number}") == rows
                for name, (step, at) in due.items():
                    people[name].send(step, at, now)


def _person(world: World, number: int, start: datetime, life: dict[str, Any]) -> Person:
    def at(minutes: int) -> datetime:
        return start + timedelta(minutes=minutes)

    told = {
        name: [(at(minutes), at(minutes + lag)) for minutes, lag in life[name]]
        for name in ("touches", "orders", "replies", "complaints", "newsletters")
    }
    consent = [(at(minutes), granted) for minutes, granted in life["consent"]]
    after = {number: (timedelta(minutes=minutes), what) for number, (minutes, what) in life["after_sent"].items()}
    is_cart = number % 2 == 0
    if is_cart:
        after = {number: (delay, "reply") for number, (delay, what) in after.items() if what == "reply"}
    spec = SPECS["cart_recovery" if is_cart else "sales_cadence"]
    pressure: Pressure = world.settings.pressure
    rules = pressure.kinds[spec["kind"]]
    caps = [pressure.channels[spec["channel"]], pressure.overall]
    return Person(
        spec, Life(**told, consent=consent, after_sent=after), rules.model_dump(), [(cap.messages, cap.days) for cap in caps],
        None if rules.asked_for else pressure.a_day, closed_days(world.settings, range(2026, 2028)), is_cart,
    )  # fmt: skip


def _tell(world: World, people: dict[str, Person], now: datetime) -> None:
    """What is known of everybody by now, in the tables that the models read."""
    members, goals, consents, mails, calls = [], [], [], [], []
    phones = dict(world.con.execute("select profile_id, identifier from identifiers where identifier_type = 'phone'").fetchall())
    for name, person in people.items():
        if person.is_member(now):
            anchor = person.anchor(now)
            members.append((person.spec["audience"], "retargeting", name, anchor, anchor, False, False, [], None))
        if orders := person.known(person.life.orders, now):
            goals.append((name, "order", max(orders)))
        status = "granted" if person.has_agreed(now) else "withdrawn"
        consents += [(name, purpose, status) for purpose in ("email", "phone")]
        told = [(kind, at) for kind, when in (("replied", person.life.replies), ("complained", person.life.complaints))
                for at in person.known(when, now)]  # fmt: skip
        told += [("replied", at) for at in person.reactions(now, "reply")]
        letters = person.known(person.life.newsletters, now)
        made = [(letter, "missed") for letter in letters] + [
            (at, what) for what in ("answered", "missed") for at in person.reactions(now, what)
        ]
        if person.is_cart:
            told += [("delivered", letter) for letter in letters]
        else:
            calls += [(f"{name}/{at}", phones[name], "outbound", what, at) for at, what in dict(made).items()]
        mails += [(f"{name}/{kind}/{at}", f"{name}@example.com", kind, at, None, False) for kind, at in told]
    for table, rows in (
        ("members", members), ("goal_moments", goals), ("profile_consents", consents), ("unified_email_events", mails),
        ("unified_calls", calls),
    ):  # fmt: skip
        _put(world, table, rows)


def _put(world: World, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    rows = list(rows)
    world.con.execute(f"delete from {table}")
    if rows:
        row = f"({', '.join('?' * len(rows[0]))})"
        world.con.execute(f"insert into {table} values {', '.join([row] * len(rows))}", [cell for each in rows for cell in each])


def _publish(world: World, now: datetime, run_id: str) -> None:
    """The journal as the activation room writes it."""
    world.con.execute(
        """insert into activation.messages by name
            select sequence, step, position, channel, kind, audience, 'x' as destination, profile_id,
                coalesce(started_at, send_at) as started_at, anchor_at, due_at, send_at as sent_at, $run as run_id,
                $now::timestamp as exported_at, 'x' as file
            from messages_due where is_due""",
        {"run": run_id, "now": now},
    )
