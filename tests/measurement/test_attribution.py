"""Whose conversions are whose: hand-worked examples, and books that balance whatever the journeys."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.measurement.touched import World

MODELS = ["first", "last", "last_non_direct", "linear", "position", "time_decay", "shapley", "markov"]


@pytest.fixture
def world() -> World:
    return World()


def _shares(world: World, model: str) -> list[float]:
    world.attribute()
    return [float(row[0]) for row in world.ask(f"select revenue_{model} from journeys order by conversion_id, place")]


def _by_channel(world: World, model: str, what: str = "revenue", kind: str = "purchase") -> dict[str, Decimal]:
    asked = f"select channel, sum({what}) from attribution where model = ? and kind = ? and period_kind = 'all' group by 1"
    return {channel: value for channel, value in world.ask(asked, [model, kind]) if value}


PATH = (
    ("2026-05-01 10:00:00", "paid_search"),
    ("2026-05-08 10:00:00", "email"),
    ("2026-05-15 10:00:00", "paid_search"),
    ("2026-05-22 10:00:00", "direct"),
)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", [100, 0, 0, 0]),
        ("last", [0, 0, 0, 100]),
        ("last_non_direct", [0, 0, 100, 0]),
        ("linear", [25, 25, 25, 25]),
        ("position", [40, 10, 10, 40]),
        # A week halves a touch: 1 + 2 + 4 + 8 parts.
        ("time_decay", [6.6667, 13.3333, 26.6667, 53.3333]),
        # Three channels; the two visits of one share its third.
        ("shapley", [16.6667, 33.3333, 16.6667, 33.3333]),
    ],
)
def test_each_model_on_one_journey(world: World, model: str, expected: list[float]) -> None:
    """Every model by hand."""
    world.touched("anna", *PATH)
    world.converted("anna", "2026-05-22 11:00:00", 100)
    assert _shares(world, model) == pytest.approx(expected, abs=1.1e-4)


def test_short_journeys_by_position(world: World) -> None:
    """One touch has it all, two share alike: 40-20-40 needs three."""
    world.touched("anna", PATH[0])
    world.touched("ben", *PATH[:2])
    world.converted("anna", "2026-06-01 10:00:00", 100, reference="1")
    world.converted("ben", "2026-06-01 10:00:00", 100, reference="2")
    assert _shares(world, "position") == [100, 50, 50]


def test_shares_and_half_life_of_the_settings(world: World) -> None:
    """What relance.yml says must count."""
    world.con.execute("update measurement set position_first = 0.5, position_last = 0.1, half_life_days = 14")
    world.touched("anna", *PATH[:3])
    world.converted("anna", "2026-06-01 10:00:00", 100)
    assert _shares(world, "position") == [50, 40, 10]
    assert _shares(world, "time_decay") == pytest.approx([100 / 4.4142 * part for part in (1, 1.4142, 2)], abs=0.01)


def test_direct_alone_has_the_last_non_direct_credit(world: World) -> None:
    """Who only ever came directly would otherwise be lost."""
    world.touched("anna", ("2026-05-01 10:00:00", "direct"), ("2026-05-02 10:00:00", "direct"))
    world.converted("anna", "2026-05-03 10:00:00", 100)
    assert _shares(world, "last_non_direct") == [0, 100]


def test_which_touches_have_a_part(world: World) -> None:
    """Touches after the conversion, before the look-back or of somebody else would take its credit."""
    world.touched(
        "anna",
        ("2026-03-03 09:59:59", "tv"),
        ("2026-03-03 10:00:00", "paid_social"),
        ("2026-06-01 10:00:00", "email"),
        ("2026-06-01 10:00:01", "affiliate"),
    )
    world.touched("ben", ("2026-05-01 10:00:00", "referral"))
    world.converted("anna", "2026-06-01 10:00:00", 100)
    world.converted("carla", "2026-06-01 10:00:00", 7)
    world.attribute()
    for model in MODELS:
        assert _by_channel(world, model).keys() <= {"paid_social", "email", "unattributed"}
        assert _by_channel(world, model)["unattributed"] == 7
    assert _by_channel(world, "linear") == {"paid_social": 50, "email": 50, "unattributed": 7}


def test_two_purchases_close_to_one_another(world: World) -> None:
    """Each has its own journey: the touch between them has a part in the second alone."""
    world.touched("anna", ("2026-05-01 10:00:00", "paid_search"), ("2026-05-02 10:00:00", "email"))
    world.converted("anna", "2026-05-01 11:00:00", 30)
    world.converted("anna", "2026-05-02 11:00:00", 50)
    world.attribute()
    assert _by_channel(world, "linear") == {"paid_search": 55, "email": 25}
    assert _by_channel(world, "linear", "conversions") == {"paid_search": Decimal("1.5"), "email": Decimal("0.5")}


def test_credit_goes_to_campaigns(world: World) -> None:
    """Under Markov too, which knows channels only: in proportion to the linear credit within the channel."""
    world.touched("anna", ("2026-05-01 10:00:00", "email", "news"), ("2026-05-02 10:00:00", "email", "cart"))
    world.touched("ben", ("2026-05-02 10:00:00", "email", "cart"))
    world.converted("anna", "2026-05-03 11:00:00", 30)
    world.converted("ben", "2026-05-03 11:00:00", 50)
    world.attribute()
    asked = (
        "select campaign_key, revenue from attribution where model = ? and period_kind = 'all' and channel = 'email' order by 1"
    )
    assert world.ask(asked, ["linear"]) == [("cart", 65), ("news", 15)]
    assert world.ask(asked, ["markov"]) == [("cart", 60), ("news", 20)]


def test_a_channel_that_only_led_on_has_its_part_under_markov(world: World) -> None:
    """Somebody went from one to the other and did not buy; with the other, somebody did. What the first leads to is its merit,
    though it stands in no journey that converted: its credit must not get lost."""
    world.touched("anna", ("2026-05-01 10:00:00", "video", "spot"), ("2026-05-02 10:00:00", "email", "news"))
    world.touched("ben", ("2026-05-02 10:00:00", "email", "news"))
    world.converted("ben", "2026-05-03 11:00:00", 30)
    world.attribute()
    # Half of the journeys begin with the video; without it, half of the conversions are lost, without e-mail all.
    assert _by_channel(world, "markov") == {"video": 10, "email": 20}
    asked = "select campaign_key from attribution where model = 'markov' and period_kind = 'all' and channel = 'video'"
    assert world.ask(asked) == [("",)]


def test_months_are_those_of_the_company(world: World) -> None:
    """A purchase just after midnight in Paris is one of the new month, though it is still the old one in UTC."""
    world.touched("anna", ("2026-04-30 10:00:00", "email"))
    world.converted("anna", "2026-04-30 22:30:00", 10)
    world.converted("anna", "2026-04-30 21:30:00", 5)
    world.attribute()
    asked = "select period_kind, period, sum(revenue) from attribution where model = 'first' group by 1, 2 order by 1, 2"
    assert world.ask(asked) == [
        ("all", date(2026, 4, 30), 15),
        ("month", date(2026, 4, 1), 5),
        ("month", date(2026, 5, 1), 10),
    ]


def test_an_event_does_not_bring_about_its_own_attendance(world: World) -> None:
    """Events would be their own best channel."""
    for reference, at in (("r1", "2026-05-01 10:00:00"), ("r2", "2026-06-01 10:00:00")):
        world.add(
            "touchpoints", touch_id=f"attendance:shop:{reference}", profile_id="anna", touched_at=at, touch_date=at[:10],
            kind="event", channel="event", campaign="", campaign_key="", is_direct=False,
        )  # fmt: skip
        world.converted("anna", at, None, kind="attendance", reference=reference)
    world.attribute()
    assert _by_channel(world, "last", "conversions", "attendance") == {"unattributed": 1, "event": 1}


def test_what_a_free_webinar_is_worth(world: World) -> None:
    """Of four who had time to, one bought within the look-back: a quarter of the average order. Who came last week may still
    buy; who bought before, or too late, did not for this."""
    guests = {
        "anna": "2026-01-10", "ben": "2026-01-10", "carla": "2026-01-10", "dora": "2026-01-10", "emil": "2026-06-25",
    }  # fmt: skip
    for name, day in guests.items():
        world.converted(name, f"{day} 10:00:00", None, kind="attendance", reference=name)
        world.add("unified_event_registrations", registration_id=name, event_kind="webinar", source="shop")
    world.converted("anna", "2026-02-10 10:00:00", 90)
    world.converted("anna", "2026-02-11 10:00:00", 10)
    world.converted("ben", "2026-01-09 10:00:00", 30)
    world.converted("carla", "2026-05-30 10:00:00", 70)
    world.converted("zoe", "2026-05-30 10:00:00", None)
    world.touched("ben", ("2026-01-10 09:00:00", "email"))
    world.attribute()
    worth = "select event_kind, conversions, had_time, closed, close_rate, average_basket, value from conversion_worth"
    assert world.ask(worth) == [("webinar", 5, 4, 1, 0.25, 50, Decimal("12.5"))]
    assert _by_channel(world, "linear", kind="attendance") == {"email": Decimal("12.5"), "unattributed": 50}


def test_a_value_in_the_seed_goes_before_what_could_be_computed(world: World) -> None:
    """A company that has decided what an attendance is worth would find another figure."""
    world.con.execute("update conversion_values set value = 40 where kind = 'attendance'")
    world.converted("anna", "2026-01-10 10:00:00", 40, kind="attendance")
    world.attribute()
    assert world.ask("from conversion_worth") == []
    assert _by_channel(world, "last", kind="attendance") == {"unattributed": 40}


def test_what_people_say_stands_beside_the_models(world: World) -> None:
    """Answers and models speak of the same conversions, and those who were not asked are not left out."""
    world.add("person_orders", order_id="1", heard_via="A friend ")
    world.add("unified_leads", lead_id="1", source="shop", heard_via="podcast")
    world.touched("anna", ("2026-05-01 10:00:00", "email"))
    world.converted("anna", "2026-05-03 10:00:00", 80, reference="1")
    world.converted("anna", "2026-05-03 10:00:00", 20, reference="2")
    world.converted("ben", "2026-05-03 10:00:00", None, kind="lead", reference="1")
    world.attribute()
    asked = """select kind, heard_via, channel, conversions, revenue from declared_sources
        where model = 'last' and period_kind = 'all' order by all"""
    assert world.ask(asked) == [
        ("lead", "podcast", "unattributed", 1, 0),
        ("purchase", "", "email", 1, 20),
        ("purchase", "a friend", "email", 1, 80),
    ]


def test_what_people_say_stands_beside_markov_too(world: World) -> None:
    """With Markov as the model that counts, no answer would be told. A channel that only led on has no buyer to ask."""
    world.touched("anna", ("2026-05-01 10:00:00", "video"), ("2026-05-02 10:00:00", "email"))
    for name, answer in (("ben", "radio"), ("carla", None)):
        world.add("person_orders", order_id=name, heard_via=answer)
        world.touched(name, ("2026-05-02 10:00:00", "email"))
        world.converted(name, "2026-05-03 11:00:00", 30, reference=name)
    world.converted("dora", "2026-05-03 11:00:00", 7)
    world.attribute()
    asked = """select heard_via, channel, conversions, revenue from declared_sources
        where model = 'markov' and period_kind = 'all' order by all"""
    credit = _by_channel(world, "markov")
    assert 0 < credit["video"] < credit["email"]
    found = world.ask(asked)
    assert [row[:2] for row in found] == [("", "email"), ("", "unattributed"), ("", "video"), ("radio", "email")]
    assert found[0][3] == found[3][3] == credit["email"] / 2
    assert (found[1][3], found[2][3]) == (7, credit["video"])


def test_touches_at_the_same_moment_do_not_change_places(world: World) -> None:
    """First and last would be decided by the order in which rows lie."""
    at = "2026-05-01 10:00:00"
    world.touched("anna", (at, "email"), (at, "sms"), (at, "push"))
    world.converted("anna", at, 10)
    for _ in range(3):
        world.attribute()
        assert (_by_channel(world, "first"), _by_channel(world, "last")) == ({"email": 10}, {"push": 10})
        world.con.execute("create or replace table touchpoints as from touchpoints order by random()")


def test_nothing_to_share_out(world: World) -> None:
    """A shop without conversions, or without a single touch, would end the run."""
    world.attribute()
    assert world.ask("select count(*) from attribution") == [(0,)]
    world.converted("anna", "2026-05-01 10:00:00", 10)
    world.attribute()
    assert world.ask("select distinct channel, revenue from attribution") == [("unattributed", 10)]


# Independent of the models: lists and fractions instead of windows and decimals.
def _oracle(touches: list[tuple[datetime, str]], model: str) -> list[Fraction]:
    count = len(touches)
    direct = [channel == "direct" for _, channel in touches]
    if model == "first":
        weights = [1] + [0] * (count - 1)
    elif model == "last":
        weights = [0] * (count - 1) + [1]
    elif model == "last_non_direct":
        chosen = max((place for place in range(count) if not direct[place]), default=count - 1)
        weights = [int(place == chosen) for place in range(count)]
    elif model == "linear":
        weights = [1] * count
    elif model == "position":
        weights = {1: [1], 2: [1, 1]}.get(count, [40, *[Fraction(20, count - 2)] * (count - 2), 40] if count > 2 else [])
    elif model == "time_decay":
        weights = [Fraction(2 ** ((at - touches[-1][0]).total_seconds() / 86400 / 7)) for at, _ in touches]
    else:
        channels = [channel for _, channel in touches]
        weights = [Fraction(1, channels.count(channel)) for channel in channels]
    return [Fraction(weight) / sum(weights) for weight in weights]


PEOPLE = st.lists(
    st.tuples(
        st.lists(
            st.tuples(
                st.integers(0, 140 * 24),
                st.sampled_from(["direct", "email", "paid_search", "sms"]),
                st.sampled_from(["", "a", "b"]),
            ),
            max_size=7,
        ),
        st.lists(
            st.tuples(
                st.integers(0, 140 * 24),
                st.one_of(st.none(), st.decimals(min_value=-500, max_value=10**9, places=4, allow_nan=False)),
                st.sampled_from(["purchase", "lead", "subscription", "subscription told twice"]),
            ),
            min_size=1,
            max_size=3,
        ),
    ),
    min_size=1,
    max_size=5,
)
START = datetime(2026, 1, 15)


@hypothesis_settings(max_examples=20)
@given(PEOPLE)
def test_books_balance_and_every_share_is_the_oracles(people: list[tuple[Any, Any]]) -> None:
    """To the last digit, under every model, for every kind and period, whatever the amounts; and each touch has what an
    independent count gives it, but for the rounding."""
    world = World()
    for number, (touches, conversions) in enumerate(people):
        name = f"p{number}"
        world.touched(name, *[(str(START + timedelta(hours=hours)), channel, campaign) for hours, channel, campaign in touches])
        for hours, value, kind in conversions:
            told, *twice = kind.split(" ", 1)
            world.converted(name, str(START + timedelta(hours=hours)), value, told, is_told_twice=bool(twice))
    world.attribute()

    books = """select kind, is_sale, 'month' as period_kind,
            date_trunc('month', timezone('Europe/Paris', timezone('UTC', occurred_at)))::date as period, count(*),
            coalesce(sum(net_company), 0) from conversions group by all
        union all select kind, is_sale, 'all',
            (select min(timezone('Europe/Paris', timezone('UTC', occurred_at))::date) from conversions),
            count(*), coalesce(sum(net_company), 0) from conversions group by all"""
    expected = {(model, *row[:4]): row[4:] for model in MODELS for row in world.ask(books)}
    shared = "select model, kind, is_sale, period_kind, period, sum(conversions), sum(revenue) from attribution group by all"
    assert {row[:5]: row[5:] for row in world.ask(shared)} == expected
    explicit = (
        "select count(*) from attribution where channel = 'unattributed' group by model, kind, is_sale, period_kind, period"
    )
    assert set(world.ask(explicit)) == {(1,)}

    journeys: dict[str, list[Any]] = {}
    columns = ", ".join(f"conversions_{model}, revenue_{model}" for model in MODELS[:-1])
    for row in world.ask(
        f"select conversion_id, value, touched_at, channel, {columns} from journeys order by conversion_id, place"
    ):
        journeys.setdefault(row[0], []).append(row)
    for rows in journeys.values():
        touches = [(row[2] or START, row[3]) for row in rows]
        for place, model in enumerate(MODELS[:-1]):
            for row, share in zip(rows, _oracle(touches, model), strict=True):
                assert float(row[4 + 2 * place]) == pytest.approx(float(share), abs=2e-6)
                assert float(row[5 + 2 * place]) == pytest.approx(float(share * Fraction(row[1])), abs=2e-4, rel=1e-9)
