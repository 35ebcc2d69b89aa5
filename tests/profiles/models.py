"""Models by themselves, without a dbt project: their SQL with all its macros, on DuckDB."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jinja2

DBT = Path(__file__).resolve().parents[2] / "dbt_models"
MACROS = [
    "engine/*.sql",
    "profiles/*.sql",
    "feeds/*.sql",
    "scores/*.sql",
    "measurement/*.sql",
    "audiences/is_held_out.sql",
    "audiences/with_person.sql",
    "identity/account_id.sql",
    "staging/call_was_missed.sql",
    "staging/url_parameter.sql",
    "staging/iso_country.sql",
    "staging/is_sold.sql",
    "staging/mail_domain.sql",
    "staging/money.sql",
    "staging/money_sum.sql",
    "project.sql",
    "newest_batch.sql",
    "touched.sql",
]


class _Returned(Exception):
    """dbt's return() of a value that is no text: it ends the macro."""


class _Macros(dict):
    """Name → macro; also dbt's adapter, which knows one engine."""

    def __init__(self, engine: str):
        self.engine = engine

    def add(self, name: str, macro: Any) -> None:
        def call(*args: Any, **options: Any) -> Any:
            try:
                return macro(*args, **options)
            except _Returned as returned:
                return returned.args[0]

        self[name] = call

    def dispatch(self, name: str) -> Any:
        return self.get(f"{self.engine}__{name}") or self[f"default__{name}"]


def _return(value: Any) -> str:
    """Text is written where it stands, which is as good and reaches macros that call each other within one file."""
    if isinstance(value, str):
        return value
    raise _Returned(value)


@cache
def _environment(engine: str = "duckdb") -> jinja2.Environment:
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    macros = _Macros(engine)
    environment.globals.update(
        {
            "adapter": macros,
            "return": _return,
            "config": lambda **_: "",
            "ref": lambda name: name,
            "source": lambda _, name: name,
            "is_incremental": lambda: False,
        }
    )
    files = sorted(found for pattern in MACROS for found in (DBT / "macros").glob(pattern))
    # Twice: what a macro calls has to be known when its file is read.
    for path in [*files, *files]:
        module = environment.from_string(path.read_text(encoding="utf-8")).module
        for name, macro in vars(module).items():
            if isinstance(macro, jinja2.runtime.Macro):
                macros.add(name, macro)
        environment.globals.update(macros)
    return environment


def sql(text: str, engine: str) -> str:
    """SQL with calls of macros as an engine reads it."""
    return _environment(engine).from_string(text).render()


@cache
def model_sql(name: str, incremental: bool = False) -> str:
    """Relations are called by their last name: ref('a') → a, source('s', 't') → t. An increment is of facts, told once."""
    path = next((DBT / "models").glob(f"*/{name}.sql"))
    increment = {
        "this": name,
        "is_incremental": lambda: True,
        "newest_batch": lambda relation: f"(select coalesce(max(_batch), -1) from {relation})",
        "retold_sources": lambda _: [],
        "oldest_day": lambda query: f"(select min(from_day) from ({query}))",
    }
    return _environment().from_string(path.read_text(encoding="utf-8"), globals=increment if incremental else {}).render()


def build(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Make tables of the models' names, in this order."""
    for name in names:
        con.execute(f"create or replace table {name} as {model_sql(name)}")


def build_on(con: duckdb.DuckDBPyConnection, name: str, keys: list[str]) -> None:
    """Add what batches have brought since, as delete+insert does."""
    con.execute(f"create or replace temp table news as {model_sql(name, incremental=True)}")
    con.execute(f"delete from {name} where ({', '.join(keys)}) in (select ({', '.join(keys)}) from news)")
    con.execute(f"insert into {name} by name from news")
