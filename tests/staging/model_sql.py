"""A model's SQL by itself, without dbt: for models whose only macros are config, ref and source."""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2

MODELS = Path(__file__).resolve().parents[2] / "dbt_models" / "models"


def model_sql(path: str) -> str:
    """Relations are called by their last name: ref('a') → a, source('s', 't') → t."""
    environment = jinja2.Environment()
    environment.globals.update(config=lambda **_: "", ref=lambda name: name, source=lambda _, name: name)
    return environment.from_string((MODELS / path).read_text(encoding="utf-8")).render()


def build_model(con: duckdb.DuckDBPyConnection, path: str) -> None:
    """Make a table of the model's name out of its SQL."""
    con.execute(f"create or replace table {Path(path).stem} as {model_sql(path)}")
