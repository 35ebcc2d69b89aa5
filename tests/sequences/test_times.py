"""When a step is due: hours by the clock, days by the company's calendar, calls in working hours, days to come counted back."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.settings import SHIPPED
from dagster_project.working_days import closed_days, doubtful_holidays, wrong_closed_days
from tests.identity.light_dbt import LightDbt
from tests.sequences.world import CARTS, World, file_rows, insert
from tests.unchecked import leave_unchecked

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_unchecked(monkeypatch)


def shipped(name: str, **more: Any) -> dict[str, Any]:
    return yaml.safe_load((SHIPPED / "activations" / "sequences" / f"{name}.yml").read_text(encoding="utf-8")) | more


def utc(*local: int) -> datetime:
    """The UTC of a time that a clock in Paris shows."""
    return datetime(*local, tzinfo=PARIS).astimezone(UTC).replace(tzinfo=None)  # type: ignore[misc, arg-type]


def test_calls_on_three_working_days_at_three_hours(tmp_path: Path) -> None:
    """The day after is Labour Day, then comes a weekend; a second call at the hour of the first misses the same person again."""
    world = World(tmp_path / "shop", shipped("sales_cadence"), audiences={"received_leads": {"goal": "conversion"}})
    thursday = utc(2026, 4, 30, 16, 20)
    world.person("lea", "received_leads", thursday)
    for at in (
        utc(2026, 4, 30, 17),
        utc(2026, 5, 1, 18),
        utc(2026, 5, 4, 10),
        utc(2026, 5, 4, 11),
        utc(2026, 5, 5, 14),
        utc(2026, 5, 5, 15),
    ):
        world.export(at)
    assert [(step, at) for _, step, at in world.sent()] == [
        ("first_call", utc(2026, 4, 30, 17)), ("second_call", utc(2026, 5, 4, 11)), ("third_call", utc(2026, 5, 5, 15)),
    ]  # fmt: skip


ANSWERED = [
    "connected", "Completed", "Not interested", "Pas intéressé", "Left live message", "wrong time, call back",
    "Wrong person, will call back",
]  # fmt: skip
MISSED = [
    "no answer", "no-answer", "NO_ANSWER", "busy", "Left voicemail", "Not reached", "Pas de réponse", "Répondeur", "Occupé",
    "Wrong number", "wrong", "Invalid number", "Number not in service", "disconnected", "Numéro invalide",
    "numéro non attribué", "hors service", "faux numéro",
]  # fmt: skip


def test_an_outcome_is_an_answer_or_none() -> None:
    """ "Not interested" taken for nobody there would be called again and again; "pas de réponse" taken for an answer, never."""
    con = duckdb.connect()
    missed = LightDbt().environment.globals["call_was_missed"]("outcome")
    con.execute("create table calls (outcome varchar)")
    insert(con, "calls", [(outcome,) for outcome in ANSWERED + MISSED])
    assert {row[0] for row in con.execute(f"select outcome from calls where {missed}").fetchall()} == set(MISSED)


REFUSED = [
    "Not interested", "no interest", "Refused", "do not call", "DON'T CALL", "opted out", "Pas intéressé", "plus intéressée",
    "Refus", "a refusé", "Ne plus appeler", "ne pas recontacter", "ne veut plus être rappelé", "Opposition",
]  # fmt: skip
TALKED = [
    "connected", "Completed", "interested", "very interested", "Intéressé", "call back", "rappeler", "Left live message", "busy",
    "rejected",
]  # fmt: skip


def test_an_outcome_is_a_refusal_or_none() -> None:
    """A refusal that nobody reads is followed by another call; interest taken for a refusal, by none for two months."""
    con = duckdb.connect()
    refused = LightDbt().environment.globals["call_was_refused"]("outcome")
    con.execute("create table calls (outcome varchar)")
    insert(con, "calls", [(outcome,) for outcome in REFUSED + TALKED])
    assert {row[0] for row in con.execute(f"select outcome from calls where {refused}").fetchall()} == set(REFUSED)


AT_ANY_HOUR = {
    **CARTS, "name": "calls", "kind": "sales", "channel": "phone", "destination": "call_list", "enter_within_days": 90,
    "steps": [{"name": "call", "after": {"hours": 1}, "hint": "ask"}],
}  # fmt: skip


def test_a_call_waits_for_the_hours_of_the_law(tmp_path: Path) -> None:
    """A sequence that names no hours of its own is no leave to call on a Saturday night."""
    world = World(tmp_path / "shop", AT_ANY_HOUR)
    friday = utc(2026, 3, 6, 19, 30)
    world.person("anna", anchor=friday)
    for at in (utc(2026, 3, 6, 20, 30), utc(2026, 3, 7, 11), utc(2026, 3, 8, 15), utc(2026, 3, 9, 9, 59)):
        (result,) = world.export(at)
        assert result.suppressed["hours"] == 1 and not world.sent()
    world.export(utc(2026, 3, 9, 10))
    assert [at for _, _, at in world.sent()] == [utc(2026, 3, 9, 10)]


def test_who_refused_in_a_call_is_called_sixty_days_later_at_the_soonest(tmp_path: Path) -> None:
    """The telephone system's word for it comes in many forms, and each of them is a no."""
    world = World(tmp_path / "shop", AT_ANY_HOUR)
    asked = utc(2026, 3, 2, 10)
    world.person("anna", anchor=asked)
    phone = world.con.execute("select identifier from identifiers where identifier_type = 'phone'").fetchone()[0]  # type: ignore[index]
    insert(world.con, "unified_calls", [("c1", phone, "outbound", "not interested", utc(2026, 3, 2, 10, 20))])
    for days in (0, 30, 59):
        (result,) = world.export(utc(2026, 3, 2, 11) + timedelta(days=days))
        assert not world.sent() and result.suppressed["contact_cap"] == 1
    world.export(utc(2026, 5, 4, 11))
    assert len(world.sent()) == 1


@pytest.mark.parametrize(("outcome", "calls"), [("connected", 1), ("no answer", 2), ("busy", 2)])
def test_an_answered_call_ends_the_calls(tmp_path: Path, outcome: str, calls: int) -> None:
    """Somebody who has been talked to must not be called as if nobody had."""
    world = World(tmp_path / "shop", shipped("sales_cadence"), audiences={"received_leads": {"goal": "conversion"}})
    world.person("lea", "received_leads", utc(2026, 3, 3, 10, 30))
    world.export(utc(2026, 3, 3, 11))
    phone = world.con.execute("select identifier from identifiers where identifier_type = 'phone'").fetchone()[0]  # type: ignore[index]
    insert(world.con, "unified_calls", [("c1", phone, "outbound", outcome, utc(2026, 3, 3, 11, 40))])
    world.export(utc(2026, 3, 4, 18))
    assert len(world.sent()) == calls
    row = world.row("lea", "sales_cadence")
    assert row and row["stop_reason"] == ("answered" if outcome == "connected" else None)


def test_a_lead_of_the_night_is_called_in_the_morning(tmp_path: Path) -> None:
    """Saturday at 22:00: the first working hour is Monday's, at the hour the law allows."""
    world = World(tmp_path / "shop", shipped("sales_cadence"), audiences={"received_leads": {"goal": "conversion"}})
    world.person("lea", "received_leads", utc(2026, 3, 7, 22))
    world.person("max", "received_leads", utc(2026, 3, 9, 13, 15))
    rows = {row["profile_id"]: row["due_at"] for row in world.look(utc(2026, 3, 9, 13, 20))}
    assert rows == {"lea": utc(2026, 3, 9, 10), "max": utc(2026, 3, 9, 14)}


def test_what_a_late_run_writes_is_sent_in_the_hours_of_the_sequence(tmp_path: Path) -> None:
    """A run in the middle of the night must not make anybody's telephone ring; the next call counts from when the first was."""
    world = World(tmp_path / "shop", shipped("sales_cadence"), audiences={"received_leads": {"goal": "conversion"}})
    world.person("lea", "received_leads", utc(2026, 3, 3, 18))
    (result,) = world.export(utc(2026, 3, 3, 23))
    (row,) = file_rows(result, "add.csv", ",")
    assert row["SEND_AT"] == f"{utc(2026, 3, 4, 10):%Y-%m-%dT%H:%M:%SZ}"
    world.look(utc(2026, 3, 4, 12))
    planned = world.row("lea", "sales_cadence")
    assert planned and planned["due_at"] == utc(2026, 3, 5, 18)


def test_the_night_the_clocks_change(tmp_path: Path) -> None:
    """24 hours are 24 hours; a day later at ten is ten by the clock, though the night had 23 hours or 25."""
    daily = {
        **CARTS,
        "name": "daily",
        "audience": "readers",
        "kind": "event",
        "steps": [{"name": "one", "after": {"days": 1}, "at": 10, "hint": "x"}],
    }
    world = World(tmp_path / "shop", CARTS, daily, audiences={"carts": {}, "readers": {"goal": None}})
    for name, left in (("spring", utc(2026, 3, 28, 12)), ("autumn", utc(2026, 10, 24, 12))):
        world.person(name, anchor=left)
        world.enter(name, "readers", left)
        world.look(left)
        cart, day = world.row(name), world.row(name, "daily")
        assert cart and cart["due_at"] == left + timedelta(hours=24)
        assert day and day["due_at"] == utc(left.year, left.month, left.day + 1, 10)


def test_invitations_are_counted_back_and_not_made_up_for(tmp_path: Path) -> None:
    """Whoever comes late gets the invitation of the day, not three at once; after the day nobody is invited any more."""
    world = World(tmp_path / "shop", shipped("open_day"), audiences={"open_day_invitations": {"goal": None}})
    opens = utc(2026, 6, 20, 14)
    world.person("early", "open_day_invitations", opens)
    steps = [utc(2026, 5, 23, 10), utc(2026, 6, 6, 10), utc(2026, 6, 15, 10)]
    world.look(steps[0] - timedelta(days=20))
    planned = world.row("early", "open_day")
    assert planned and (planned["step"], planned["due_at"]) == ("save_the_date", steps[0])
    world.export(steps[0] - timedelta(hours=1))
    world.export(steps[0])
    world.person("late", "open_day_invitations", opens)
    for at in (steps[1], steps[2], opens + timedelta(hours=1)):
        world.export(at)
    assert [step for _, step, _ in world.sent("early")] == ["save_the_date", "invitation", "last_places"]
    assert [step for _, step, _ in world.sent("late")] == ["invitation", "last_places"]
    assert not world.row("late", "open_day")


def test_whoever_was_talked_to_already_is_not_called(tmp_path: Path) -> None:
    """The lead rang at nine and was helped; a first call at ten that thanks them for asking would be a lost sale."""
    world = World(tmp_path / "shop", shipped("sales_cadence"), audiences={"received_leads": {"goal": "conversion"}})
    for name in ("lea", "max"):
        world.person(name, "received_leads", utc(2026, 3, 3, 8, 30))
    insert(world.con, "unified_calls", [("c1", "+33612340001", "inbound", "connected", utc(2026, 3, 3, 9, 5))])
    world.export(utc(2026, 3, 3, 10))
    assert [row[0] for row in world.con.execute("select profile_id from activation.messages").fetchall()] == ["max"]


def test_who_asks_again_is_called_again(tmp_path: Path) -> None:
    """Three calls in vain, and a new request a week later: nobody would answer it for a month."""
    world = World(tmp_path / "shop", shipped("sales_cadence"), audiences={"received_leads": {"goal": "conversion"}})
    world.person("lea", "received_leads", utc(2026, 3, 3, 10))
    for at in (utc(2026, 3, 3, 10), utc(2026, 3, 4, 18), utc(2026, 3, 5, 15)):
        world.export(at)
    world.con.execute("update members set anchor_at = ?", [utc(2026, 3, 11, 16)])
    world.export(utc(2026, 3, 11, 16))
    assert [step for _, step, _ in world.sent()] == ["first_call", "second_call", "third_call", "first_call"]


def test_the_young_are_not_planned_where_they_may_not_be_reached(tmp_path: Path) -> None:
    """A call that is due for ever and never leaves would keep all else from the person, and the list would tell an untruth."""
    world = World(tmp_path / "shop", shipped("sales_cadence"), audiences={"received_leads": {"goal": "conversion"}})
    for name, born in (("lea", date(2008, 3, 4)), ("max", date(2008, 3, 3))):
        world.person(name, "received_leads", utc(2026, 3, 3, 10))
        world.con.execute("update profiles.profiles set birth_date = ? where profile_id = ?", [born, name])
    assert [row["profile_id"] for row in world.look(utc(2026, 3, 3, 11))] == ["max"]


def test_a_reminder_that_is_no_longer_true_is_left_out(tmp_path: Path) -> None:
    """ "See you next week" three days ahead, or "tomorrow" on the day itself, sends guests away for nothing."""
    world = World(tmp_path / "shop", shipped("open_day_reminder"), audiences={"event_registrants": {"goal": None}})
    opens = utc(2026, 6, 20, 14)
    world.person("early", "event_registrants", opens)
    world.export(utc(2026, 6, 13, 10))
    world.person("late", "event_registrants", opens)
    for at in (utc(2026, 6, 17, 14), utc(2026, 6, 19, 10)):
        world.export(at)
    world.person("on_the_eve", "event_registrants", opens)
    world.export(utc(2026, 6, 19, 23))  # sent in the morning, it would speak of today
    world.export(utc(2026, 6, 20, 9))
    assert [step for _, step, _ in world.sent("early")] == ["next_week", "tomorrow"]
    assert [step for _, step, _ in world.sent("late")] == ["tomorrow"]
    assert world.sent("on_the_eve") == []


CALLS = {
    **CARTS, "enter_within_days": None, "open": {"hours": [[9, 12], [14, 18]], "working_days": True}, "channel": "phone",
    "destination": "call_list", "kind": "event",
}  # fmt: skip
MOMENTS = st.datetimes(datetime(2026, 1, 2), datetime(2026, 12, 30)).map(lambda moment: moment.replace(microsecond=0))


@settings(max_examples=6)
@given(
    anchors=st.lists(MOMENTS, min_size=5, max_size=40, unique=True),
    unit=st.sampled_from(["hours", "days", "working_days"]),
    amount=st.integers(0, 12),
    at=st.sampled_from([None, 9, 15]),
)
def test_due_times_are_those_of_a_calendar_on_the_wall(anchors: list[datetime], unit: str, amount: int, at: int | None) -> None:
    """A second reckoning, minute by minute where it must be: same day, same hour, never outside of working hours."""
    step = {"name": "one", "after": {unit: amount}, "hint": "x"} | ({"at": at} if at and unit != "hours" else {})
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "shop", {**CALLS, "steps": [step]}, audiences={"carts": {"goal": None}})
        for number, anchor in enumerate(anchors):
            world.person(f"p{number}", anchor=anchor)
        rows = {row["profile_id"]: row["due_at"] for row in world.look(datetime(2026, 1, 1))}
        closed = closed_days(world.settings, range(2025, 2029))
    for number, anchor in enumerate(anchors):
        assert rows[f"p{number}"] == _on_the_wall(anchor, unit, amount, at if unit != "hours" else None, closed)


def _on_the_wall(anchor: datetime, unit: str, amount: int, at: int | None, closed: set[date]) -> datetime:
    def works(day: date) -> bool:
        return day.weekday() < 5 and day not in closed

    shown = anchor.replace(tzinfo=UTC).astimezone(PARIS)
    if unit == "hours":
        due = anchor + timedelta(hours=amount)
    else:
        day, left = shown.date(), amount
        while unit == "working_days" and ((left > 0) or not works(day)):
            day += timedelta(days=1)
            left -= works(day)
            if left <= 0 and works(day):
                break
        day = day if unit == "working_days" else day + timedelta(days=amount)
        if at is not None:
            due = max(anchor, utc(day.year, day.month, day.day, at))
        elif day == shown.date():
            due = anchor
        elif amount == 0:
            due = utc(day.year, day.month, day.day)
        else:
            clock = shown.replace(tzinfo=None).time()
            due = datetime.combine(day, clock, PARIS).astimezone(UTC).replace(tzinfo=None)
    while True:
        wall = due.replace(tzinfo=UTC).astimezone(PARIS)
        hour = time(wall.hour, wall.minute, wall.second)
        if works(wall.date()) and (time(9) <= hour < time(12) or time(14) <= hour < time(18)):
            return due
        due = due.replace(minute=0, second=0) + timedelta(hours=1)


def test_days_on_which_the_company_is_closed(make_project: Any) -> None:
    """Public holidays are known; the house may close besides, and work on one of them."""
    assert {date(2026, 4, 6), date(2026, 5, 14), date(2026, 7, 14)} <= closed_days(make_project(), range(2026, 2027))
    own = make_project(name="own")
    (own.base / "seeds").mkdir()
    seed = own.base / "seeds" / "closed_days.csv"
    seed.write_text("day,is_closed,what\n2026-12-24,yes,house\n2026-05-25,no,works on Whit Monday\n2027-12-24,yes,house\n")
    closed = closed_days(own, range(2026, 2027))
    assert date(2026, 12, 24) in closed and date(2026, 5, 25) not in closed and date(2027, 12, 24) not in closed
    assert wrong_closed_days(own) == [] and doubtful_holidays(own) == []
    seed.write_text("day,is_closed,what\n31 May,yes,x\n2026-02-30,yes,y\n2026-05-01,perhaps,z\n")
    assert [error.where.rsplit(":", 1)[1] for error in wrong_closed_days(own)] == ["2", "3", "4"]


def test_a_country_without_holidays_is_told(make_project: Any) -> None:
    """Calls on a national holiday of a country that nobody thought of would be found out by those called."""
    project = make_project()
    nowhere = project.model_copy(update={"company": project.company.model_copy(update={"country": "ZZ"})})
    nowhere._base = project.base
    (told,) = doubtful_holidays(nowhere)
    assert "holidays of ZZ" in told
