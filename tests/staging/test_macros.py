"""SQL that macros write, by itself, against what Python says of the same input."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
STAGING = ("url_parameter", "order_status", "event_key", "plain_id")


class Adapter:
    """Stands in for dbt's adapter: the macro of DuckDB."""

    def __init__(self, macros: dict[str, Any]) -> None:
        self.macros = macros

    def dispatch(self, name: str) -> Any:
        return self.macros[f"default__{name}"]


@pytest.fixture(scope="session")
def sql(macros: Path) -> dict[str, Any]:
    """Name of a macro → the macro, which gives SQL."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    found: dict[str, Any] = {}
    environment.globals.update({"adapter": Adapter(found), "return": lambda text: text})
    names = ["engine/url_decoded", "engine/matches", *(f"staging/{name}" for name in STAGING)]
    for name in names:
        module = environment.from_string((macros / f"{name}.sql").read_text(encoding="utf-8")).module
        found.update({key: value for key, value in vars(module).items() if isinstance(value, jinja2.runtime.Macro)})
        environment.globals.update(found)
    return found


def _source_of(engine: duckdb.DuckDBPyConnection, sql: dict[str, Any], url: str) -> Any:
    found = f"select {sql['url_parameter']('url', 'utm_source')} as found from (select $1 as url)"
    return engine.execute(f"select {sql['url_decoded']('found')} from ({found})", [url]).fetchone()


@settings(max_examples=60)
@given(value=TEXTS, others=st.lists(TEXTS, max_size=3), plus=st.booleans())
def test_a_parameter_comes_out_as_it_was_put_in(
    engine: duckdb.DuckDBPyConnection, sql: dict[str, Any], value: str, others: list[str], plus: bool
) -> None:
    """Campaign names with spaces, accents or emoji would be cut or left as codes, and no longer match the ad platform's."""
    encode = quote_plus if plus else lambda text: quote(text, safe="")
    parts = [f"x{number}={encode(other)}" for number, other in enumerate(others)]
    url = "https://shop.example/a?" + "&".join([*parts, f"utm_source={encode(value)}", "y=1#end"])
    assert _source_of(engine, sql, url) == (value or None,)


@settings(max_examples=60)
@given(url=st.text(st.sampled_from("utm_source=%&?+#é4 /"), max_size=40))
def test_no_url_stops_a_run(engine: duckdb.DuckDBPyConnection, sql: dict[str, Any], url: str) -> None:
    """One malformed link among millions would fail the whole load."""
    assert _source_of(engine, sql, url) is not None


@settings(max_examples=60)
@given(words=st.lists(st.text("abcdefghij", min_size=1, max_size=6), min_size=1, max_size=4), between=st.sampled_from(" _-"))
def test_spellings_of_an_event_are_one(
    engine: duckdb.DuckDBPyConnection, sql: dict[str, Any], words: list[str], between: str
) -> None:
    """One tracker's productViewed would not be another's Product Viewed; names of other letters stay apart."""
    spellings = [
        between.join(words),
        between.join(words).upper(),
        f" {between.join(words).title()} ",
        "".join(map(str.title, words)),
    ]
    query = f"select distinct {sql['event_key']('name')} from (select unnest($1) as name)"
    assert engine.execute(query, [spellings]).fetchall() == [("".join(words),)]


@settings(max_examples=60)
@given(number=st.integers(0, 10**12), text=TEXTS)
def test_only_a_whole_number_loses_its_point(
    engine: duckdb.DuckDBPyConnection, sql: dict[str, Any], number: int, text: str
) -> None:
    """A login that a tool held as a float would be another person; a login that merely ends so would be one too."""
    query = f"select {sql['plain_id']('id')} from (select $1 as id)"
    assert engine.execute(query, [f"{number}.0"]).fetchone() == (str(number),)
    for kept in (str(number), f"{number}.05", f"a{text}.0", f"{number}.0.0"):
        assert engine.execute(query, [kept]).fetchone() == (kept,)


@settings(max_examples=40)
@given(word=TEXTS | st.sampled_from(["Paid", " REFUNDED ", "voided", "Partially Refunded", "authorized"]))
def test_every_word_for_a_status_is_one_of_ours(engine: duckdb.DuckDBPyConnection, sql: dict[str, Any], word: str) -> None:
    """A status that no rule knows would be neither revenue nor none."""
    ours = {"paid", "pending", "refunded", "partially_refunded", "cancelled", "test"}
    found = engine.execute(f"select {sql['order_status']('word')} from (select $1 as word)", [word]).fetchone()
    assert found is not None and found[0] in ours
