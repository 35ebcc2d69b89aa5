"""What Segment's and RudderStack's own Python libraries send, through a collector, into the raw table."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import rudderstack.analytics.client as rudderstack
import segment.analytics.client as segment
from hypothesis import given, settings
from hypothesis import strategies as st

from .collector import Collector, collecting
from .landing import OneFile, Project

CLIENTS: dict[str, Callable[..., Any]] = {"segment": segment.Client, "rudderstack": rudderstack.Client}
HAPPENED = datetime(2026, 1, 5, 23, 30, 15, 123000, tzinfo=timezone(timedelta(hours=-5)))
ORDER = {
    "order_id": "été-1",
    "total": Decimal("31.25"),
    "note": 'line\nbreak, "quotes", 漢字, 🛒, \\ and \t',
    "coupon": None,
    "delivered_on": date(2026, 1, 9),
    "picked_at": HAPPENED,
    "gift": True,
    "products": [{"product_id": "p1", "price": 12.5, "options": {"colour": "red"}}, {"product_id": "p2", "quantity": 3}],
}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with pytest.MonkeyPatch.context() as patch, collecting() as server:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield server


@pytest.fixture(params=list(CLIENTS))
def client(request: pytest.FixtureRequest, collector: Collector) -> Iterator[Any]:
    """One library's client, in front of a collector that has heard nothing yet."""
    collector.lines, collector.mishaps, collector.requests = [], [], 0
    made = CLIENTS[request.param]("key", host=collector.url, gzip=True, upload_interval=0.05, upload_size=20, max_retries=3)
    yield made
    made.join()


def _load(project: Project, collector: Collector) -> tuple[int, int, int, int]:
    """Land what the collector wrote: (read, accepted, duplicate, quarantined)."""
    project.write("segment/events/2026/01/10/collector.ndjson.gz", "".join(f"{line}\n" for line in collector.lines))
    project.load()
    return project.ledger("segment/events/2026/01/10/collector.ndjson.gz")


def test_every_call_of_the_library_loads_as_it_was_sent(client: Any, collector: Collector, project: Project) -> None:
    """A call that the loads don't know would lose people, their links and their orders, one library's users at a time."""
    context = {"ip": "203.0.113.7", "userAgent": "Firefox", "page": {"url": "https://shop.example/?utm_source=x"}}
    common = {"timestamp": HAPPENED, "context": context}
    sent = [
        client.identify(7, {"email": "Ann@Example.com", "address": {"city": "Lyon"}}, **common),
        client.identify(anonymous_id="device", traits={"plan": "free"}, timestamp=HAPPENED.replace(tzinfo=None)),
        client.track("u1", "Order Completed", ORDER, anonymous_id="device", **common),
        client.track(anonymous_id="device", event="Ünïcode — event"),
        client.page("u1", "Shop", "Home", {"url": "https://shop.example/"}, **common),
        client.page(anonymous_id="device"),
        client.screen("u1", "Shop", "Cart", {"items": 2}, **common),
        client.group("u1", 12, {"name": "Acme"}, **common),
        client.alias("device", "u1", **common),
    ]
    client.flush()
    assert all(accepted for accepted, _ in sent)
    assert _load(project, collector) == (9, 9, 0, 0)
    columns = "message_id, type, event, user_id, anonymous_id, group_id, previous_id, name, category, timestamp"
    found = {row[0]: row for row in project.rows(f"select {columns} from raw_segment.events")}
    for _, message in sent:
        told = (message.get(name) for name in ("userId", "anonymousId", "groupId", "previousId", "name", "category"))
        stamped = datetime.fromisoformat(message["timestamp"]).astimezone(UTC).replace(tzinfo=None)
        texts = [None if value is None else str(value) for value in told]
        assert found[message["messageId"]] == (message["messageId"], message["type"], message.get("event"), *texts, stamped)
    moments = [row[-1] for row in found.values()]
    assert moments.count(datetime(2026, 1, 6, 4, 30, 15, 123000)) == 6
    assert moments.count(datetime(2026, 1, 5, 23, 30, 15, 123000)) == 1


def test_properties_of_every_kind_come_out_as_sent(client: Any, collector: Collector, project: Project) -> None:
    """Dates, money, line breaks or emoji in one property would send the whole order into quarantine, or change it."""
    client.track("u1", "Order Completed", ORDER, timestamp=HAPPENED)
    client.flush()
    assert _load(project, collector) == (1, 1, 0, 0)
    (kept,) = project.rows("select properties from raw_segment.events")
    assert json.loads(kept[0]) == {
        **ORDER,
        "total": 31.25,
        "delivered_on": "2026-01-09",
        "picked_at": HAPPENED.isoformat(),
    }


def test_an_event_happened_when_its_sender_says(client: Any, collector: Collector, project: Project) -> None:
    """Events sent on later (an import, a phone that was offline) would all fall on the day they came."""
    client.track("u1", "Product Viewed", timestamp=HAPPENED)
    client.flush()
    _load(project, collector)
    (row,) = project.rows("select _happened_at, sent_at > timestamp, received_at > timestamp from raw_segment.events")
    assert row == (datetime(2026, 1, 6, 4, 30, 15, 123000), True, True)


@pytest.mark.parametrize("mishap", [500, 0], ids=["answered with an error", "connection cut"])
def test_what_a_library_sends_again_counts_once(client: Any, collector: Collector, project: Project, mishap: int) -> None:
    """A collector that stumbles after writing would give people two orders and two carts."""
    collector.mishaps = [mishap]
    for number in range(5):
        client.track("u1", "Product Added", {"product_id": f"p{number}"})
    client.flush()
    assert collector.requests >= 2
    read, accepted, duplicate, quarantined = _load(project, collector)
    assert (read, accepted, quarantined) == (len(collector.lines), 5, 0)
    assert duplicate == read - 5 > 0


def test_many_messages_in_many_batches(client: Any, collector: Collector, project: Project) -> None:
    """Batches are cut by number and size: a message at a seam would be lost."""
    for number in range(300):
        client.track(f"u{number}", "Product Viewed", {"product_id": f"p{number}", "text": "x" * (number % 7) * 500})
    client.flush()
    assert collector.requests > 1
    assert _load(project, collector) == (300, 300, 0, 0)
    assert project.value("select count(distinct user_id) from raw_segment.events") == 300


def test_an_envelope_that_nobody_opened_is_kept_and_told(project: Project) -> None:
    """A collector that writes envelopes instead of messages would lose them all without a word."""
    envelope = json.dumps({"batch": [{"type": "track"}], "sentAt": "2026-01-10T10:00:00Z"})
    project.write("segment/events/raw.ndjson", envelope + "\n")
    project.load()
    ((_, line, reason, raw),) = project.quarantine()
    assert (line, json.loads(raw)) == (1, json.loads(envelope))
    assert "message_id" in reason


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(-(10**6), 10**6, allow_nan=False, places=2)
    | st.datetimes(timezones=st.just(UTC))
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
PROPERTIES = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_size=6,
)


def _same(kept: Any, sent: Any) -> bool:
    if isinstance(sent, float) and isinstance(kept, (int, float)):
        return math.isclose(kept, sent, rel_tol=1e-15)
    if isinstance(sent, dict):
        return isinstance(kept, dict) and kept.keys() == sent.keys() and all(_same(kept[key], sent[key]) for key in sent)
    if isinstance(sent, list):
        return isinstance(kept, list) and len(kept) == len(sent) and all(map(_same, kept, sent))
    return kept == sent


@settings(max_examples=20, deadline=None)
@given(properties=st.lists(PROPERTIES, min_size=1, max_size=8))
def test_any_properties_load(one_file: OneFile, properties: list[dict[str, Any]]) -> None:
    """Somebody's free text, odd key or huge number would send the event into quarantine, or the load down."""
    # Without sending, a client gives back what it would have sent.
    client = segment.Client("key", send=False)
    messages = [client.track("u1", "Quiz Finished", own, timestamp=HAPPENED)[1] for own in properties]
    lines = [json.dumps(message, cls=segment.DatetimeSerializer) for message in messages]
    content = "".join(f"{line}\n" for line in lines).encode()
    assert one_file.load("segment.events", "ndjson", content) == (len(lines), len(lines), 0, 0)
    found = dict(one_file.newest("segment.events", "message_id, properties"))
    for line in lines:
        sent = json.loads(line)
        assert _same(json.loads(found[sent["messageId"]]), sent["properties"])
