"""The customer score: what it is made of, its tiers, and the shop's own order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pytest
import yaml

from dagster_project.settings import SHIPPED
from tests.profiles.models import build
from tests.today import today_view

from .lead_world import AS_OF, TODAY

TABLES = {
    "run": "as_of timestamp",
    "profiles": "profile_id varchar, average_order_value decimal(18, 4), email_open_rate double, cart_value decimal(18, 4)",
    "purchases": "profile_id varchar, order_count bigint, first_on date, last_on date",
    "person_actions": "profile_id varchar, action varchar, action_date date, times bigint",
    "event_days": "identifier_type varchar, identifier varchar, event_date date, times bigint",
    "sessions": "identifier_type varchar, identifier varchar, event_date date",
    "identifiers": "identifier_type varchar, identifier varchar, profile_id varchar",
}


class World:
    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        con.execute("set threads = 1")
        for name, columns in TABLES.items():
            con.execute(f"create table {name} ({columns})")
        con.execute("insert into run values (?)", [AS_OF])
        con.execute(today_view())
        for seed in yaml.safe_load((SHIPPED / "seeds" / "customer_seeds.yml").read_text(encoding="utf-8"))["seeds"]:
            types, path = seed["config"]["column_types"], str(SHIPPED / "seeds" / f"{seed['name']}.csv")
            con.execute(f"create table {seed['name']} as select * from read_csv(?, header = true, columns = {types})", [path])

    def insert(self, table: str, **row: Any) -> None:
        self.con.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values()))

    def customer(self, name: str, orders: int, first: int, last: int, basket: Any = 50, cart: Any = 0, **row: Any) -> None:
        """first, last: days since these orders."""
        self.insert("profiles", profile_id=name, average_order_value=basket, cart_value=cart, **row)
        first_on, last_on = (TODAY - timedelta(days=days) for days in (first, last))
        self.insert("purchases", profile_id=name, order_count=orders, first_on=first_on, last_on=last_on)
        self.insert("identifiers", identifier_type="user_id", identifier=name, profile_id=name)

    def build(self) -> None:
        build(self.con, "customers", "customer_contributions")

    def rows(self, query: str) -> list[tuple]:
        return self.con.execute(query).fetchall()


@pytest.fixture
def world() -> Iterator[World]:
    with duckdb.connect() as con:
        yield World(con)


def test_a_score_is_the_sum_of_what_it_is_made_of(world: World) -> None:
    """A tier that nobody can explain, or points that do not add up to the score on the screen."""
    world.customer("best", 40, 800, 3, 500, email_open_rate=0.9)
    world.insert("person_actions", profile_id="best", action="event_attended", action_date=TODAY, times=9)
    world.insert("event_days", identifier_type="user_id", identifier="best", event_date=TODAY, times=900)
    world.customer("new", 1, 5, 5, 20)
    for number in range(30):
        world.customer(f"c{number}", 1 + number % 7, 100 + 20 * number, 10 * number, 10 + number, email_open_rate=number / 40)
    world.build()
    assert (
        world.rows("""select profile_id from customers left join
        (select profile_id, sum(points) as points from customer_contributions group by 1) using (profile_id)
        where score <> coalesce(points, 0) or score not between 0 and 100""")
        == []
    )
    assert world.rows("select score, tier, tier_action from customers where profile_id = 'best'") == [(100, 1, "care")]
    told = dict(world.rows("select criterion, evidence from customer_contributions where profile_id = 'best'"))
    assert told["orders"] == '{"value":"40"}'
    # Mail is not known of the newcomer: 90 parts are the whole. An order a tenth of the way, rhythm all of it.
    points = dict(world.rows("select criterion, points::double from customer_contributions where profile_id = 'new'"))
    assert points["orders"] == pytest.approx(20 / 90 * 100 * 0.1, abs=0.01)
    assert points["rhythm"] == pytest.approx(20 / 90 * 100, abs=0.01)
    assert "email_opens" not in points


def test_odd_customers_have_a_score(world: World) -> None:
    """One order of nothing, more refunded than paid, ten thousand orders, no rate: a NaN or an empty score in the table."""
    world.customer("nothing", 1, 40, 40, 0)
    world.customer("negative", 3, 400, 40, -1000)
    world.customer("many", 10_000, 4000, 0, 5)
    world.customer("no_rate", 2, 50, 20, None)
    world.build()
    found = world.rows(
        "select profile_id from customers where score is null or isnan(score::double) or score not between 0 and 100"
    )
    assert found == []
    assert world.rows("select count(*) from customers where tier between 1 and 5 and tier_name is not null") == [(4,)]


def test_one_customer_alone_has_a_score(world: World) -> None:
    """Bounds drawn from a single customer are one value: dividing by their distance is no score."""
    world.customer("only", 1, 400, 400)
    world.build()
    assert world.rows("select score between 0 and 100, points_average_basket > 11 from customers") == [(True, True)]


def test_the_shop_s_order_is_lexicographic(world: World) -> None:
    """A dear cart of last month would come before the small one of who is logged in now."""
    world.customer("away", 1, 90, 9)
    world.customer("dear_cart", 1, 90, 9, cart=900)
    world.customer("logged_in", 1, 90, 9)
    world.customer("logged_in_small_cart", 1, 90, 9, cart=5)
    world.customer("logged_in_dear_cart", 1, 90, 9, cart=50)
    world.customer("long_ago", 1, 90, 9)
    for name, days in [("logged_in", 6), ("logged_in_small_cart", 0), ("logged_in_dear_cart", 3), ("long_ago", 7)]:
        world.insert("sessions", identifier_type="user_id", identifier=name, event_date=TODAY - timedelta(days=days))
    world.build()
    assert world.rows("select profile_id, shop_rank from customers order by shop_rank, profile_id") == [
        ("logged_in_dear_cart", 1), ("logged_in_small_cart", 2), ("logged_in", 3), ("dear_cart", 4), ("away", 5), ("long_ago", 5),
    ]  # fmt: skip
