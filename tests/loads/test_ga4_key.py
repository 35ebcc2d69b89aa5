"""GA4's events have no id: the same event told twice is one, two events of one moment are two."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .landing import Project

PLACE = {"batch_page_id": 1768039200, "batch_ordering_id": 2, "batch_event_index": 3}


def event(params: dict[str, Any] | None = None, **row: Any) -> dict[str, Any]:
    kinds = {str: "string_value", int: "int_value", float: "double_value"}
    listed = [{"key": key, "value": {kinds[type(value)]: value}} for key, value in (params or {}).items()]
    told = {"event_timestamp": 1768039200000000, "event_name": "view_item", "user_pseudo_id": "cookie.1", "event_params": listed}
    return {**told, "event_bundle_sequence_id": 7, **row}


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def loaded(project: Project, intraday: dict[str, Any], daily: dict[str, Any]) -> int:
    project.write("ga4/events/events_intraday_20260110.ndjson", lines(intraday))
    project.write("ga4/events/events_20260110.ndjson", lines(daily))
    project.load()
    return project.value("select count(*) from raw_ga4.events")


CLICK = {"page_location": "https://shop.example/", "ga_session_id": 12, "value": 3.5}


@pytest.mark.parametrize(
    "daily",
    [
        event(dict(reversed(CLICK.items()))),
        event({**CLICK, "source": "google", "medium": "cpc", "session_engaged": "1", "entrances": 1}),
        event(CLICK, session_traffic_source_last_click={"manual_campaign": {"source": "google"}}, is_active_user=True),
    ],
    ids=["another order", "attributed", "more columns"],
)
def test_the_daily_table_tells_of_the_same_event(project: Project, daily: dict[str, Any]) -> None:
    """The daily table repeats the intraday one with what processing added: every event of today would count twice tomorrow."""
    assert loaded(project, event(CLICK), daily) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (event({"value": 1}), event({"value": 2})),
        (event(items=[{"item_id": "a"}]), event(items=[{"item_id": "b"}])),
        (event(event_bundle_sequence_id=1), event(event_bundle_sequence_id=2)),
        (event(CLICK, **PLACE), event(CLICK, **{**PLACE, "batch_event_index": 4})),
        (event(user_pseudo_id="cookie.1"), event(user_pseudo_id=None)),
    ],
    ids=["parameter", "item", "bundle", "place in the batch", "consent mode ping"],
)
def test_two_events_of_one_moment_are_two(project: Project, one: dict[str, Any], other: dict[str, Any]) -> None:
    """Events of one batch share their microsecond: told apart by too little, products seen together would be one."""
    assert loaded(project, one, other) == 2


def test_the_place_in_the_batch_outweighs_the_content(project: Project) -> None:
    """Google may add any parameter while processing; where it says which event of the batch it is, nothing else counts."""
    assert loaded(project, event(CLICK, **PLACE), event({"added": "x"}, **PLACE)) == 1


def test_structs_and_text_are_the_same_event(project: Project) -> None:
    """One day lands as Parquet with every field of the records, another as JSON without the empty ones: still one event."""
    project.write("ga4/events/1.ndjson", lines(event({"a": "x", "b": 2}, items=[{"item_id": "s", "price": 12.5, "quantity": 2}])))
    with duckdb.connect() as con:
        con.execute(
            f"""copy (select 1768039200000000 as event_timestamp, 'view_item' as event_name, 'cookie.1' as user_pseudo_id,
                7 as event_bundle_sequence_id,
                [{{key: 'b', value: {{string_value: null, int_value: 2, double_value: null}}}},
                 {{key: 'a', value: {{string_value: 'x', int_value: null, double_value: null}}}}] as event_params,
                [{{item_id: 's', item_name: null, price: 12.5::double, quantity: 2}}] as items)
            to '{project.landing}/ga4/events/2.parquet' (format parquet)"""
        )
    project.load()
    assert project.rows("select count(*), max(event_timestamp)::varchar from raw_ga4.events") == [(1, "2026-01-10 10:00:00")]


SHAPES = st.dictionaries(st.sampled_from(["key", "value"]), st.text(max_size=3) | st.none() | st.just({"int_value": 1}))


@settings(max_examples=12)
@given(
    values=st.lists(st.none() | st.text(max_size=8) | st.integers() | SHAPES, max_size=4)
    | st.text(max_size=5)
    | st.dictionaries(st.text(max_size=3), st.integers())
)
def test_no_shape_of_parameters_stops_a_load(tmp_path_factory: pytest.TempPathFactory, values: Any) -> None:
    """A hand-made export with parameters of another shape must load or be refused, and a re-sent copy must still be one."""
    project = Project(tmp_path_factory.mktemp("ga4") / "project")
    project.write("ga4/events/1.ndjson", lines({**event(), "event_params": values}))
    project.write("ga4/events/2.ndjson", lines({**event(), "event_params": values, "platform": "WEB"}))
    project.load()
    assert project.value("select count(*) from raw_ga4.events") <= 1
