"""The dbt models scores.clv_fit and scores.clv_expectations, which are Python: what they read and what they return."""

from __future__ import annotations

import hashlib
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dagster_project.scores.bgnbd import BgNbd
from dagster_project.scores.clv_fit import card
from dagster_project.scores.clv_histories import WEEK, Days, day_number

HORIZON_DAYS = 365

_NUMBERS = (
    "r", "r_error", "alpha", "alpha_error", "a", "a_error", "b", "b_error", "log_likelihood",
    "p", "p_error", "q", "q_error", "v", "v_error", "value_log_likelihood", "value_correlation",
    "holdout_predicted", "holdout_mae", "holdout_simple_mae",
)  # fmt: skip
_COUNTS = (
    "customers",
    "customers_fitted",
    "repeat_buyers",
    "history_days",
    "holdout_days",
    "holdout_customers",
    "holdout_actual",
)
FIT = pa.schema(
    [
        ("ground", pa.string()),
        ("fit_date", pa.date32()),
        *((name, pa.int64()) for name in _COUNTS),
        *((name, pa.float64()) for name in _NUMBERS),
        ("orders_reason", pa.string()),
        ("value_reason", pa.string()),
    ]
)
"""One row. Parameters are empty where a model could not be fitted, a reason tells why one is not used."""

EXPECTATIONS = pa.schema([("x", pa.int64()), ("age_days", pa.int64()), ("orders", pa.float64()), ("order_pairs", pa.float64())])


def clv_fit(session: Any, training: duckdb.DuckDBPyRelation, terms: duckdb.DuckDBPyRelation, before: Any) -> pa.Table:
    """The fit as of the last date at which one was due; the kept one where it stands on the same ground.

    Args:
        session: the DuckDB connection that builds the model.
        training: scores.clv_training: profile_id, order_date, value, customers.
        terms: one row: fit_date, clv_repeat_buyers.
        before: the relation that an earlier run left, if one did.

    Returns:
        A table of FIT.
    """
    fit_date, least = terms.fetchone() or (date(1970, 1, 1), 0)
    rows = training.to_arrow_table()
    days = Days.of(rows)
    customers = rows["customers"][0].as_py() if rows.num_rows else 0
    ground = _ground(days, fit_date, least, customers)
    kept = _kept(session, before)
    if kept is not None and kept["ground"].to_pylist() == [ground]:
        return kept.select(FIT.names).cast(FIT)
    told = card(days, day_number(fit_date), least) | {"ground": ground, "fit_date": fit_date, "customers": customers}
    return pa.Table.from_pylist([{name: told.get(name) for name in FIT.names}], schema=FIT)


def clv_expectations(pairs: duckdb.DuckDBPyRelation, parameters: duckdb.DuckDBPyRelation) -> pa.Table:
    """What to expect within a year of a customer who has not left, once per number of orders and days since the first.

    Args:
        pairs: x, age_days; distinct.
        parameters: r, alpha, a, b; one row.

    Returns:
        A table of EXPECTATIONS: the means of Y and of Y (Y - 1).
    """
    table = pairs.to_arrow_table()
    x, age = (table[name].to_numpy() for name in ("x", "age_days"))
    model = BgNbd(*(parameters.fetchone() or (1.0, 1.0, 0.0, 1.0)))
    orders, order_pairs = model.expected_orders(x, age / WEEK, HORIZON_DAYS / WEEK)
    columns = {"x": x, "age_days": age, "orders": orders, "order_pairs": order_pairs}
    return pa.table(columns).cast(EXPECTATIONS)


def _ground(days: Days, fit_date: date, least: int, customers: int) -> str:
    """A hash of all that decides a fit: the day, the floor, the customers there were, the purchases, this package and scipy."""
    digest = hashlib.sha256(repr((fit_date, least, customers, version("scipy"), version("numpy"))).encode())
    for column in (days.customer, days.day, days.value):
        digest.update(column.tobytes())
    for path in sorted(path for pattern in ("clv_*.py", "bgnbd.py") for path in Path(__file__).parent.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _kept(session: Any, before: Any) -> pa.Table | None:
    known = session.execute(
        "select count(*) from duckdb_tables() where schema_name = ? and table_name = ?", [before.schema, before.identifier]
    ).fetchone()
    return session.execute(f"select * from {before}").to_arrow_table() if known and known[0] else None
