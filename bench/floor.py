"""The floor in a process of its own: `python -m bench.floor LANDING AS_OF FOLDER` runs floor.sql and prints its figures."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import duckdb

SCRIPT = Path(__file__).with_name("floor.sql")

FIGURES = """
    select
        (select count(*) from profiles) as people,
        (select count(*) from rfm) as customers,
        (select sum(net_revenue) from profiles) as net_revenue,
        (select count(*) from cart_abandoners) as cart_abandoners"""


def run_floor(landing: Path, as_of: str, folder: Path) -> dict[str, float]:
    """Write floor.duckdb and floor_export.csv into `folder`, the current one; returns people, customers, net revenue, carts."""
    database = folder / "floor.duckdb"
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as con:
        con.execute("set timezone = 'UTC'")
        con.execute("set preserve_insertion_order = false")
        con.execute("set variable landing = $1::varchar", [str(landing)])
        con.execute("set variable as_of = $1::timestamp", [as_of])
        con.execute(SCRIPT.read_text(encoding="utf-8"))
        row = con.execute(FIGURES).fetchone() or ()
        names = [column[0] for column in con.description or ()]
    return {name: float(value or 0) for name, value in zip(names, row, strict=True)}


if __name__ == "__main__":
    place = Path(sys.argv[3])
    os.chdir(place)
    print(json.dumps(run_floor(Path(sys.argv[1]), sys.argv[2], place)))
