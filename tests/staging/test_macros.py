"""SQL that macros write, by itself, against what Python says of the same input."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


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
    environment.globals.update(adapter=Adapter(found))
    for name in ("engine/url_decoded", "staging/url_parameter", "staging/event_time", "staging/order_status"):
        module = environment.from_string((macros / f"{name}.sql").read_text(encoding="utf-8")).module
        found.update({key: value for key, value in vars(module).items() if isinstance(value, jinja2.runtime.Macro)})
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
@given(happened=MOMENTS, delay=st.integers(0, 10**6), transit=st.integers(0, 10**4), skew=st.integers(-(10**8), 10**8))
def test_event_time_does_not_depend_on_the_devices_clock(
    engine: duckdb.DuckDBPyConnection, sql: dict[str, Any], happened: datetime, delay: int, transit: int, skew: int
) -> None:
    """Segment's rule: whatever the device's clock says, an event is placed as late as its way to the server took, no more."""
    error = timedelta(seconds=skew)
    original, sent = happened + error, happened + error + timedelta(milliseconds=delay)
    received = happened + timedelta(milliseconds=delay + transit)
    placed = sql["event_time"]("stamped", "original", "sent", "received")
    query = f"select {placed} from (select $1 as stamped, $1 as original, $2 as sent, $3 as received)"
    assert engine.execute(query, [original, sent, received]).fetchone() == (happened + timedelta(milliseconds=transit),)


@settings(max_examples=40)
@given(word=TEXTS | st.sampled_from(["Paid", " REFUNDED ", "voided", "Partially Refunded", "authorized"]))
def test_every_word_for_a_status_is_one_of_ours(engine: duckdb.DuckDBPyConnection, sql: dict[str, Any], word: str) -> None:
    """A status that no rule knows would be neither revenue nor none."""
    ours = {"paid", "pending", "refunded", "partially_refunded", "cancelled", "test"}
    found = engine.execute(f"select {sql['order_status']('word')} from (select $1 as word)", [word]).fetchone()
    assert found is not None and found[0] in ours
