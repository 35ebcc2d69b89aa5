"""Customers and their orders, as the models of RFM and of customer value find them; built without dbt."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import os
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from dagster_project.score_settings import Scores, write_scores
from dagster_project.settings import SHIPPED
from tests.identity.light_dbt import LightDbt
from tests.today import today_view

RFM = ("purchases", "rfm_cuts", "rfm")
SCORING = ("clv_parameters", "clv_expectations", "clv")
CLV = ("purchases", "clv_customers", "clv_training", "clv_fit", *SCORING)

_DBT = LightDbt()
_TABLES = {
    "run": "as_of timestamp",
    "company": "timezone varchar",
    "not_profiled": "profile_id varchar",
    "internal_people": "profile_id varchar",
    "rfm_grid": "metric varchar, position integer, cut double",
    "person_orders": "profile_id varchar, order_date date, ordered_at timestamp, is_revenue boolean, net_company decimal(18, 4), "
    "total_company decimal(18, 4), refunded_at timestamp",
}

Order = tuple[str, date, float]
"""Customer, day and net value."""


class Customers:
    """A shop in UTC as of the end of a day."""

    def __init__(self, day: date, orders: Iterable[Order] = (), segments: Path | None = None, **settings: Any) -> None:
        self.con = duckdb.connect()
        self.con.execute("set threads = 1; create schema control; set search_path = 'main,control'")
        for name, columns in _TABLES.items():
            self.con.execute(f"create table {name} ({columns})")
        as_of = datetime(day.year, day.month, day.day) + timedelta(days=1)
        self.con.execute("insert into run values (?)", [as_of])
        self.con.execute(today_view("UTC"))
        self.con.execute("insert into company values ('UTC')")
        write_scores(self.con, Scores.model_validate(settings), as_of, "UTC")
        self.con.execute(
            f"create table rfm_segments as select * from read_csv(?, header = true, columns = {_types('rfm_segments')})",
            [str(segments or SHIPPED / "seeds" / "rfm_segments.csv")],
        )
        self.order(orders)

    def order(self, orders: Iterable[Order]) -> None:
        rows = list(orders)
        columns = {"who": [row[0] for row in rows], "day": [row[1] for row in rows], "value": [float(row[2]) for row in rows]}
        self.con.execute(
            """insert into person_orders select who, day, day::timestamp + interval 12 hour, true, value, value, null
            from (select unnest($who::varchar[]) as who, unnest($day::date[]) as day, unnest($value::double[]) as value)""",
            columns,
        )

    def build(self, *models: str) -> None:
        _DBT.build(self.con, *models)

    def rows(self, query: str) -> list[tuple]:
        return self.con.execute(query).fetchall()

    def records(self, query: str) -> list[dict[str, Any]]:
        return self.con.execute(query).to_arrow_table().to_pylist()


def _types(seed: str) -> dict[str, str]:
    told = yaml.safe_load((SHIPPED / "seeds" / "rules_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    return next(each["config"]["column_types"] for each in told if each["name"] == seed)


def rfm_package_orders() -> list[Order]:
    """The orders that R's package rfm brings along; skips where they are not at hand."""
    shared = Path(os.environ.get("RELANCE_SHARED_DATA") or SHIPPED.parent / "shared" / "data")
    path = shared / "rfm_orders" / "rfm_data_orders.csv.gz"
    if not path.exists():
        pytest.skip(f"the orders of R's package rfm are not here: {path} (set RELANCE_SHARED_DATA to the folder of folders)")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [
            (row["customer_id"], date.fromisoformat(row["order_date"]), float(row["revenue"])) for row in csv.DictReader(file)
        ]


def cdnow_orders() -> list[Order]:
    """The CDNOW sample: 2,357 customers of a CD shop who first ordered early in 1997; skips without `lifetimes`, which has it."""
    found = importlib.util.find_spec("lifetimes")
    if found is None or found.origin is None:
        pytest.skip("the CDNOW sample is not here: it comes with the package lifetimes 0.11.3")
    lines = (Path(found.origin).parent / "datasets" / "CDNOW_sample.txt").read_text().split("\n")
    cells = [line.split() for line in lines if line.strip()]
    return [(row[1], datetime.strptime(row[2], "%Y%m%d").date(), float(row[4])) for row in cells]
