"""Pulls from a SQL database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from dagster_project.connectors.pull import pull_entity
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

from .conftest import files_of, load, rows_of

Make = Callable[..., Settings]
META = sa.MetaData()
ORDERS = sa.Table(
    "orders",
    META,
    sa.Column("order_id", sa.Integer, primary_key=True),
    sa.Column("ordered_at", sa.DateTime),
    sa.Column("total", sa.Numeric(18, 4)),
    sa.Column("email", sa.String),
    sa.Column("updated_at", sa.DateTime),
    sa.Column("photo", sa.LargeBinary),
)


def order(number: int, day: int, total: str = "12.3400") -> dict:
    moment = datetime(2026, 1, day)
    shared = {"ordered_at": moment, "email": f"o{number}@example.com", "photo": b"\x00\xff"}
    return {"order_id": number, "total": Decimal(total), "updated_at": moment, **shared}


@pytest.fixture
def shop(tmp_path: Path):
    """A database with two orders, and what relance.yml says of it."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    META.create_all(engine)
    with engine.begin() as con:
        con.execute(ORDERS.insert(), [order(1, 1), order(2, 2)])
    yield engine
    engine.dispose()


def sources(engine: sa.Engine, more: str = "cursor: updated_at, initial_value: 2025-01-01") -> str:
    url = engine.url.render_as_string()
    return f"sources: {{generic: {{orders: {{pull: {{sql_database: {{url: '{url}', table: orders, {more}}}}}}}}}}}\n"


def pull(project: Settings):
    return pull_entity(project, "generic", "orders")


def test_new_and_changed_rows_come_once(make_project: Make, shop: sa.Engine) -> None:
    """A cursor by the key alone would keep the first version of a row that changed twice within its newest moment."""
    project = make_project(sources(shop))
    assert len(rows_of(project, pull(project).file)) == 2
    assert pull(project).file is None
    with shop.begin() as con:
        con.execute(ORDERS.update().where(ORDERS.c.order_id == 2).values(total=Decimal("99.5")))
        con.execute(ORDERS.insert(), [order(3, 3)])
    assert [(row["order_id"], row["total"]) for row in rows_of(project, pull(project).file)] == [(2, "99.5000"), (3, "12.3400")]
    with shop.begin() as con:
        con.execute(ORDERS.update().where(ORDERS.c.order_id == 1).values(updated_at=datetime(2026, 2, 1)))
    assert [row["order_id"] for row in rows_of(project, pull(project).file)] == [1]


def test_pulled_orders_load_with_exact_money(make_project: Make, shop: sa.Engine) -> None:
    """Money that goes through a float on its way is no longer the book's."""
    with shop.begin() as con:
        con.execute(ORDERS.insert(), [order(3, 3, "1234567.8901")])
    project = make_project(sources(shop))
    pull(project)
    summary, rows = load(project, "select order_id, total, ordered_at from raw_generic.orders order by 1")
    assert (summary.total("read"), summary.total("quarantined")) == (3, 0)
    assert rows[2] == ("3", Decimal("1234567.8901"), datetime(2026, 1, 3))


def test_a_row_without_a_time_is_not_lost(make_project: Make, shop: sa.Engine) -> None:
    """A NULL is after no cursor: such a row would never be asked for."""
    with shop.begin() as con:
        con.execute(ORDERS.insert(), [order(7, 1) | {"updated_at": None}])
    project = make_project(sources(shop))
    assert 7 in {row["order_id"] for row in rows_of(project, pull(project).file)}


def test_columns_and_lag(make_project: Make, shop: sa.Engine) -> None:
    """What is not asked for stays where it is; rows committed late are found when looked back for."""
    project = make_project(sources(shop, "cursor: updated_at, columns: [order_id, updated_at], lag: 172800"))
    assert [sorted(row) for row in rows_of(project, pull(project).file)] == [["order_id", "updated_at"]] * 2
    with shop.begin() as con:
        con.execute(ORDERS.insert(), [order(9, 1)])
    assert 9 in {row["order_id"] for row in rows_of(project, pull(project).file)}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("table: orders", "table: ordrs", "there is no such table"),
        ("cursor: updated_at", "cursor: updatd_at", "has no column `updatd_at`"),
        ("sqlite:///", "sqlite:////nowhere", "unable to open database file"),
        ("sqlite:///", "postgresql+nodriver://u:${STORE_SECRET}@h", "NoSuchModuleError"),
    ],
)
def test_a_failure_is_told_plainly(make_project: Make, shop: sa.Engine, old: str, new: str, told: str) -> None:
    """A database's own error names statements and passwords; people need the table and the setting."""
    project = make_project(sources(shop).replace(old, new))
    with pytest.raises(RelanceError) as caught:
        pull(project)
    assert told in str(caught.value) and "s3cret" not in str(caught.value) and "select" not in str(caught.value).lower()
    assert files_of(project) == []
