"""What leads are worth and which are not to be paid for, by hand-worked suppliers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .suppliers import AS_OF, World, ago, phone


@pytest.fixture(scope="module")
def made() -> World:
    return World()


@pytest.fixture
def world(made: World) -> Iterator[World]:
    made.clear()
    yield made


def test_a_supplier_by_hand(world: World) -> None:
    """Forty leads at 10, ten of which bought for 100; sales cost 80 in their month: the returns a marketer works out on paper."""
    for number in range(40):
        world.lead(f"a{number}", "A", qualified_at=ago(95) if number < 20 else None)
        world.lead(f"h{number}", None)
        if number < 10:
            world.sale(f"a{number}", days_ago=50)
    world.insert("costs", {"day": ago(100).date(), "kind": "salary", "channel": "sales", "amount": 60})
    world.insert("costs", {"day": ago(101).date(), "kind": "salary", "channel": "sales", "amount": 100})
    world.insert("costs", {"day": ago(100).date(), "kind": "salary", "channel": "email", "amount": 999})
    told = world.suppliers()["A"]
    figures = ["leads", "lead_cost", "sales_cost", "cpl", "converted", "revenue", "cost_per_sale", "break_even_cpl"]
    assert [told[name] for name in figures] == [40, 400, 80, 10, 10, 1000, 48, 23]
    assert (told["qualification"], told["conversion"], told["currency"]) == (0.5, 0.25, "EUR")
    assert told["roi_percent"] == pytest.approx((1000 - 480) / 480 * 100, abs=1e-3)
    # Wilson's interval, by the formula of his paper.
    z, n, p = 1.959964, 40, 0.25
    half = z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    assert (told["conversion_low"], told["conversion_high"]) == pytest.approx((centre - half, centre + half), abs=1e-6)
    assert (told["against_in_house"], told["verdict"]) == ("better", "pays")


def test_margin_decides_what_a_lead_may_cost(world: World) -> None:
    """Break-even by turnover would have a company pay more for leads than it earns with them."""
    for number in range(100):
        world.lead(f"a{number}", "A", cost=30)
        if number < 20:
            world.sale(f"a{number}", days_ago=50)
    assert world.suppliers()["A"]["verdict"] == "does_not_pay"
    world.con.execute("update measurement set margin = 0.5")
    told = world.suppliers()["A"]
    assert told["break_even_cpl"] == 10
    assert told["break_even_cpl_low"] < 10 < told["break_even_cpl_high"]


def test_one_sale_decides_nothing(world: World) -> None:
    """One buyer in thirteen who spends two thousand would have a supplier bought from for years."""
    for number in range(60):
        for supplier in ("Even", "Lucky"):
            world.lead(f"{supplier}{number}", supplier, cost=19)
    for number in range(13):
        world.sale(f"Even{number}", 50, 200)
        world.sale(f"Lucky{number}", 50, 50 if number else 2000)
    told = world.suppliers()
    even, lucky = told["Even"], told["Lucky"]
    assert (even["revenue"], lucky["revenue"], even["verdict"], lucky["verdict"]) == (2600, 2600, "pays", "unclear")
    assert even["break_even_cpl"] == lucky["break_even_cpl"]
    # Sales that are all alike leave conversion alone to vary.
    assert float(even["break_even_cpl_low"]) == pytest.approx(200 * even["mature_conversion_low"], abs=1e-3)
    assert lucky["break_even_cpl_low"] < 19 < even["break_even_cpl_high"] < lucky["break_even_cpl_high"]


def test_few_leads_get_no_verdict(world: World) -> None:
    """One lead that bought is no reason to buy a thousand, nor one that did not to stop."""
    world.lead("a1", "Lucky", cost=1)
    world.sale("a1", days_ago=50)
    world.lead("b1", "Unlucky")
    for number in range(200):
        world.lead(f"c{number}", "Young", days_ago=5)
    for number in range(40):
        world.lead(f"f{number}", "Free", cost=None)
    told = world.suppliers()
    assert {name: row["verdict"] for name, row in told.items()} == {
        "Lucky": "too_early", "Unlucky": "too_early", "Young": "too_early", "Free": "no_cost",
    }  # fmt: skip
    assert (told["Free"]["cpl"], told["Free"]["roi_percent"], told["Free"]["break_even_cpl"]) == (None, None, 0)
    assert told["Unlucky"]["cost_per_sale"] is None
    world.clear()
    for number in range(40):
        world.lead(f"n{number}", "Nobody")
    assert world.suppliers()["Nobody"]["verdict"] == "too_early"


def test_what_is_wrong_with_a_lead(world: World) -> None:
    """Leads that nobody can work on, and what their supplier is told of them: the reason, never the person."""
    world.lead("good", "A")
    world.lead("bounced", "A", phone=None)
    world.insert("unified_bounced_addresses", {"email": "bounced@example.com", "bounced_at": ago(98)})
    world.lead("moved", "a ", phone=None)
    world.insert("unified_bounced_addresses", {"email": "moved@example.com", "bounced_at": ago(2)})
    world.lead("bought", "A", phone=None, converted_at=ago(80))
    world.insert("unified_bounced_addresses", {"email": "bought@example.com", "bounced_at": ago(99)})
    world.lead("misled", "A")
    world.call("misled", 99, "Wrong number")
    world.lead("thrown", "A", email="x@eu.throw.example")
    world.lead("ours", None, days_ago=104)
    world.lead("ours-2", "A")
    world.lead("late", None, days_ago=131)
    world.lead("late-2", "A")
    world.lead("only", "A", exclusive=True, days_ago=101)
    world.lead("only-2", "B", exclusive=True)
    world.lead("mine", "A", exclusive=True, days_ago=101)
    world.lead("mine-2", "A", exclusive=True)
    world.lead("homeless", None, email=None, phone=None)
    world.lead("back", "A", days_ago=104)
    world.lead("back-2", None, days_ago=102, email="other@example.com", phone=None)
    world.lead("back-3", "A")
    told = world.suppliers()
    claims = world.claims()
    assert {name: claim["reasons"] for name, claim in claims.items()} == {
        "bounced": "unreachable",
        "misled": "wrong_number",
        "thrown": "disposable",
        "ours-2": "duplicate",
        "only": "not_exclusive",
        "only-2": "duplicate,not_exclusive",
        "mine-2": "duplicate",
        "back-3": "duplicate",
    }
    assert claims["back-3"]["says"] == "the person had asked 4 days before, through the same supplier"
    assert claims["ours-2"]["says"] == "the person had asked 4 days before, through the company itself"
    assert claims["only-2"]["says"] == "the person had asked the day before, through another supplier"
    assert set(claims["misled"]) == {
        "supplier", "source", "lead_id", "received_on", "period", "reason", "reasons", "says", "cost", "currency",
    }  # fmt: skip
    assert (told["A"]["valid"], told["A"]["exclusive"], told["A"]["kept_exclusive"]) == (7, 3, 2)
    assert told["A"]["claimed_cost"] == sum(claim["cost"] for claim in claims.values() if claim["supplier"] == "A") == 70


def test_a_sale_counts_once(world: World) -> None:
    """A person bought from three suppliers who buys once is one sale, of the newest lead before it that was news."""
    world.lead("p", "A", days_ago=80)
    world.lead("p-2", "B", days_ago=70, status="Converted")
    world.lead("p-3", "C", days_ago=35)
    world.lead("p-4", None, days_ago=5)
    world.sale("p", days_ago=30)
    world.sale("p", days_ago=30, amount=40, kind="converted_lead")
    world.sale("p", days_ago=85)
    world.sale("p", days_ago=30, kind="subscription", is_told_twice=True)
    told = world.suppliers()
    assert {name: (row["converted"], row["orders"], row["revenue"]) for name, row in told.items()} == {
        "A": (0, 0, 0), "B": (0, 0, 0), "C": (1, 1, 100), "in_house": (0, 0, 0),
    }  # fmt: skip


def test_a_conversion_that_is_told_is_worth_the_sale_it_tells_of(world: World) -> None:
    """Whoever takes more than the look-back to buy would have converted for nothing, and good suppliers seem to lose money."""
    world.lead("slow", "A", 200, converted_at=ago(10.4))
    world.sale("slow", 10.4, 40, "converted_lead")
    world.sale("slow", 10.4, 999)
    world.sale("slow", 60, 5)
    world.sale("slow", 9, 7)
    # Told on the day after it, at midnight; and, of one that bought within the look-back as well, by two tools.
    world.lead("late", "B", 200, converted_at=ago(8.9))
    world.sale("late", 8.9, 40, "converted_lead")
    world.sale("late", 9.9, 500)
    world.lead("twice", "C", 150)
    world.sale("twice", 100, 30)
    for days in (20.1, 20.2, 12):
        world.sale("twice", days, 40, "converted_lead")
    world.sale("twice", 20.1, 60, kind="subscription")
    # Of another's newer lead, and of one that bought before it came.
    world.lead("new", "D", 200)
    world.lead("new-2", "E", 50)
    world.sale("new", 40, 40, "converted_lead")
    world.sale("new", 40, 80)
    world.lead("before", "F", 50)
    world.sale("before", 60, 80)
    world.sale("before", 40, 40, "converted_lead")
    told = {name: (row["converted"], row["orders"], row["revenue"]) for name, row in world.suppliers().items()}
    assert told == {
        "A": (1, 1, 999), "B": (1, 1, 500), "C": (1, 2, 90), "D": (0, 0, 0), "E": (1, 1, 80), "F": (1, 0, 40),
    }  # fmt: skip


def test_the_company_s_own_people_are_no_leads(world: World) -> None:
    """Trying the form would lower what a supplier's leads, or the company's own, are worth."""
    for name in ("anna", "boss"):
        world.lead(name, "A")
    world.insert("internal_people", {"profile_id": "boss"})
    assert set(world.received()) == {"anna"}


def test_a_sale_told_of_two_leads_is_one(world: World) -> None:
    """A tool that marks every lead of a buyer as won would have two suppliers sell the same thing."""
    for name, days in (("told", 80), ("told-2", 40), ("told-3", 20)):
        world.lead(name, name[-1], days, status="converted", converted_at=ago(10))
        world.sale("told", 10, 40, "converted_lead")
    for name, days in (("untold", 80), ("untold-2", 40), ("untold-3", 20)):
        world.lead(name, name[-1], days, status="won")
    world.lead("both", "A", 80, status="won")
    world.lead("both-2", "B", 40)
    world.sale("both", 30)
    assert {name for name, row in world.received().items() if row["is_converted"]} == {"told-2", "untold-2", "both-2"}


def test_a_sale_before_the_lead_is_not_its_own(world: World) -> None:
    """A customer sold as a lead would count as won by whoever sold them; days without an hour would lose those won at once."""
    world.lead("customer", "A", 10, converted_at=ago(60), status="customer")
    world.sale("customer", 60, 40, "converted_lead")
    world.lead("same_day", "A", 10.1, converted_at=ago(10.5))
    world.sale("same_day", 10.5, 40, "converted_lead")
    world.lead("slow", "A", 200, converted_at=ago(10))
    world.sale("slow", 10, 40, "converted_lead")
    world.lead("next_year", "A", 10, status="won", converted_at=ago(-300))
    assert {name for name, row in world.received().items() if row["is_converted"]} == {"same_day", "slow"}


def test_who_bought_is_paid_for_once(world: World) -> None:
    """Refused as a duplicate by one supplier and as shared by the other, a lead that bought would be paid to nobody."""
    for name, more in {"bought": {}, "good": {"qualified_at": ago(90)}, "idle": {}}.items():
        world.lead(name, "A", 101, exclusive=True, **more)
        world.lead(f"{name}-2", "B")
    world.sale("bought", 50)
    told = world.suppliers()
    assert {name: claim["reason"] for name, claim in world.claims().items()} == {
        "bought-2": "duplicate", "good-2": "duplicate", "idle": "not_exclusive", "idle-2": "duplicate",
    }  # fmt: skip
    assert (told["A"]["claimed_cost"], told["A"]["kept_exclusive"]) == (10, 0)


def test_claims_speak_of_what_was_delivered(world: World) -> None:
    """A supplier is asked for money back over a person's other addresses, or over what became known a year later."""
    targets = [("countries", "FR"), ("postal_codes", "75"), ("occupations", "Artisan")]
    for attribute, value in targets:
        world.insert("lead_targets", {"attribute": attribute, "value": value})
    world.insert("lead_targets", {"attribute": "age", "low": 18, "high": 65})
    fine = {"first_name": "Anna", "last_name": "Berg", "country": "FR", "postal_code": "75011"}
    world.lead("good", "A", **fine, traits='{"birth_date": "1990-05-01", "job": "artisan"}')
    world.lead("unknown", "A")
    world.lead("abroad", "A", **fine | {"country": "DE"})
    world.lead("province", "A", **fine | {"postal_code": "69001"})
    world.lead("young", "A", **fine, traits='{"age": "17"}')
    # Eighteen on the day of the run, not on the day of delivery.
    world.lead("grown", "A", **fine, traits=f'{{"birth_date": "{AS_OF.year - 18}-06-01"}}')
    world.lead("banker", "A", **fine, traits='{"job": "banker"}')
    world.lead("joker", "A", **fine | {"first_name": "Anna12"})
    world.lead("objector", "A", **fine | {"first_name": "Anna12", "country": "DE"})
    world.insert("not_profiled", {"profile_id": "objector"})
    # One person by what was learnt later: nobody could see it in the leads.
    world.lead("joined", None, days_ago=104, email="a@example.com", phone=None)
    world.lead("joined-2", "A", email="b@example.com", phone=None, exclusive=True)
    world.lead("joined-3", "B", days_ago=99, email="c@example.com", phone=None, exclusive=True)
    told = world.suppliers()
    assert {name: claim["reasons"] for name, claim in world.claims().items()} == {
        "abroad": "area", "province": "area", "young": "age", "grown": "age", "banker": "occupation", "joker": "spam",
    }  # fmt: skip
    assert (told["A"]["duplicates"], told["B"]["duplicates"]) == (1, 1)


def test_a_lead_s_number_names_nobody(world: World) -> None:
    """An address for a number would go to a supplier, and into every report on the way."""
    for person, name in [("a", "anna@example.com"), ("b", phone("b")), ("c", f"L 0{phone('c')[3:]}"), ("d", "L0004325")]:
        world.lead(name, "A", phone=phone(person), email="x@throw.example")
    world.suppliers()
    told = world.claims()
    assert len(told) == 4
    assert "L0004325" in told
    assert f"sha256:{sha256(b'anna@example.com').hexdigest()}" in told
    assert all(name.startswith("sha256:") for name in told if name != "L0004325")


def test_what_was_asked_for_the_month_is_shared_out(world: World) -> None:
    """Leads paid by the month would look free of charge; told by lead and by invoice, they would cost twice."""
    for number in range(4):
        world.lead(f"a{number}", "A", cost=None, email=f"a{number}@throw.example" if number == 0 else None)
        world.lead(f"b{number}", "B", cost=5)
    for supplier, days, amount in (("A", 100, 90), ("A", 40, 10), ("B", 100, 70)):
        cost = {"day": ago(days).date(), "kind": "media", "channel": "lead_supplier", "supplier": supplier, "amount": amount}
        world.insert("costs", cost | {"origin": "marketing_costs"})
    told = world.suppliers()
    assert [(told[name]["lead_cost"], told[name]["cpl"]) for name in ("A", "B")] == [(100, 25), (20, 5)]
    assert world.claims()["a0"]["cost"] == 25


def test_what_is_not_paid_for_has_the_value_it_is_given(world: World) -> None:
    """A school that sells in person has no orders: its leads would all look worthless."""
    world.lead("p", "A")
    world.sale("p", days_ago=80, amount=40, kind="converted_lead")
    world.lead("q", "A", status="won")
    assert [world.suppliers()["A"][name] for name in ("converted", "orders", "revenue")] == [2, 0, 40]


def test_calls_to_leads(world: World) -> None:
    """Calls from before the lead, or by the person, say nothing of what sales did with it."""
    world.lead("a", "A", days_ago=100)
    world.call("a", 120, "connected")
    world.call("a", 99.5, "connected", direction="inbound")
    for days in (99, 98, 97):
        world.call("a", days, "no answer")
    world.lead("b", "A", days_ago=100)
    world.call("b", 98, "connected")
    world.lead("c", "A", days_ago=100)
    world.call("c", 94, "busy")
    world.lead("d", "A")
    world.lead("e", "A")
    world.call("e", 98, None)
    told = world.suppliers()["A"]
    # Who gives up after one call has reached no more people for it; what nobody tells of a call is not known.
    names = ("called", "called_with_outcome", "reached", "unreachable", "reachability")
    assert [told[name] for name in names] == [4, 3, 1, 1, 0.333333]
    assert 0 < told["reachability_low"] < 1 / 3 < told["reachability_high"] < 1
    assert told["first_call_hours"] == 48


def test_the_score_of_leads_that_have_one(world: World) -> None:
    """Customers have no lead score: counted as nothing, they would make good suppliers look bad."""
    for name, score in (("a", 10), ("b", 25), ("c", None)):
        world.lead(name, "A")
        if score is not None:
            world.insert("leads", {"profile_id": name, "score": score})
    assert (world.suppliers()["A"]["mean_lead_score"], world.suppliers()["A"]["scored"]) == (17.5, 2)


LEADS = st.lists(
    st.tuples(
        st.integers(0, 6), st.sampled_from([None, "A", "B", " A "]), st.integers(0, 200), st.booleans(),
        st.one_of(st.none(), st.decimals(-5, 50, places=2)),
    ),
    min_size=1, max_size=15,
)  # fmt: skip
SALES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 200), st.decimals(0, 500, places=2)), max_size=8)

TOLD = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 200)), max_size=6)


@settings(max_examples=15, deadline=None)
@given(leads=LEADS, sales=SALES, told=TOLD, salary=st.decimals(0, 1000, places=2))
def test_the_books_balance(made: World, leads: list, sales: list, told: list, salary: Decimal) -> None:
    """Money that is shared out among leads is neither lost nor made, however often a sale is told; months add up to the whole."""
    made.clear()
    for place, (person, supplier, days, exclusive, cost) in enumerate(leads):
        made.lead(f"p{person}-{place}", supplier, days, exclusive=exclusive, cost=cost)
    for person, days, amount in sales:
        made.sale(f"p{person}", days, amount)
    for person, days in told:
        made.sale(f"p{person}", days, 0, "converted_lead")
    made.insert("costs", {"day": ago(leads[0][2]).date(), "kind": "salary", "channel": "sales", "amount": salary})
    everything = list(made.suppliers().values())
    monthly = made.rows("from lead_suppliers where period_kind = 'month'")
    for name in ("leads", "lead_cost", "sales_cost", "claimed_cost", "revenue", "converted", "valid", "duplicates"):
        assert sum(row[name] for row in everything) == sum(row[name] for row in monthly), name
    assert sum(row["sales_cost"] for row in everything) == salary
    assert sum(row["lead_cost"] for row in everything) == sum(cost or 0 for *_, cost in leads)
    assert sum(row["revenue"] for row in everything) <= sum(amount for *_, amount in sales)
    assert sum(row["orders"] for row in everything) <= len(sales)
    for row in everything + monthly:
        for share in ("validity", "duplicate_share", "qualification", "conversion"):
            assert 0 <= row[f"{share}_low"] <= row[share] <= row[f"{share}_high"] <= 1
