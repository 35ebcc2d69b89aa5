"""The same messages as clients send them and as warehouses keep them, and what else Segment and RudderStack bring."""

from __future__ import annotations

import json
from typing import Any

from dagster_project.loads.contract import snake

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"
CONTEXT = {
    "ip": "203.0.113.7",
    "userAgent": AGENT,
    "locale": "fr-FR",
    "timezone": "Europe/Paris",
    "library": {"name": "analytics.js", "version": "5.2.0"},
    "page": {"url": "https://shop.example/p?utm_term=mug&fbclid=F1", "path": "/p", "referrer": "https://search.example/"},
    "campaign": {"source": "newsletter", "medium": "email", "name": "January"},
}


def _message(name: str, call: str, at: str, /, **body: Any) -> dict[str, Any]:
    """A message as a pipeline hands it on. The device's clock is an hour fast; `at` is a minute and second of 2026-01-10."""
    times = {"originalTimestamp": f"2026-01-10T11:{at}Z", "sentAt": "2026-01-10T11:30:00Z", "receivedAt": "2026-01-10T10:30:00Z"}
    return {
        "messageId": name,
        "type": call,
        "anonymousId": "device-1",
        "userId": "login-1",
        "timestamp": f"2026-01-10T10:{at}Z",
        **times,
        "channel": "web",
        "context": CONTEXT,
        **body,
    }


MUG = {"product_id": "p1", "name": "Mug", "price": 12.5, "quantity": 2}
ORDER = {
    "order_id": "F-1",
    "total": 31.25,
    "currency": "eur",
    "email": "Ida@Example.com",
    "products": [MUG, {"product_id": "p2", "price": 6.25}],
}
IDA = {"email": "Ida@Example.com", "phone": "06 11 22 33 44", "firstName": "Ida", "lastName": "Noël", "age": 41}

MESSAGES = [
    _message("order", "track", "01:00", event="Order Completed", properties=ORDER),
    _message("added", "track", "02:00", event="Product Added", properties={**MUG, "category": "Kitchen"}),
    _message("quiz", "track", "03:00", event="Quiz Finished", properties={"score": 7, "passed": True}),
    _message("page", "page", "04:00", name="Product", category="Shop", properties={"title": "Mug", "path": "/p"}),
    _message("screen", "screen", "05:00", name="Cart", properties={"items": 2}),
    _message("identify", "identify", "06:00", traits=IDA),
    _message("group", "group", "07:00", groupId="g-1", traits={"name": "Acme", "email": "office@acme.example", "employees": 12}),
    _message("alias", "alias", "08:00", previousId="device-0", anonymousId=None),
]


def flat(prefix: str, value: dict[str, Any]) -> dict[str, Any]:
    """Objects spread over columns, lists as JSON text: what Segment's and RudderStack's warehouses do."""
    columns: dict[str, Any] = {}
    for key, item in value.items():
        name = f"{prefix}{snake(key)}"
        if isinstance(item, dict):
            columns |= flat(f"{name}_", item)
        else:
            columns[name] = json.dumps(item) if isinstance(item, list) else item
    return columns


def warehouse_row(message: dict[str, Any]) -> dict[str, Any]:
    """A message as the row of its warehouse table; a track call as the row of its event's own table."""
    body = {"id": message["messageId"], **message}
    nested = {name: body.pop(name, None) or {} for name in ("context", "properties", "traits")}
    call = body.pop("type")
    del body["messageId"]
    row = flat("", body) | flat("context_", nested["context"]) | flat("", nested["properties"]) | flat("", nested["traits"])
    if call == "track":
        row |= {"event": snake(body["event"]), "event_text": body["event"]}
    return row


def named(prefix: str, messages: list[dict[str, Any]] = MESSAGES) -> list[dict[str, Any]]:
    return [{**message, "messageId": f"{prefix}-{message['messageId']}"} for message in messages]


SPEAKING = ("track", "page", "group", "alias")
"""Calls that a row of theirs tells by itself, without a word or a folder that says so."""

TABLES = {
    "track": "tracks", "page": "pages", "screen": "screens", "identify": "identifies", "group": "groups", "alias": "aliases",
}  # fmt: skip


def _tables() -> dict[str, list[dict[str, Any]]]:
    files: dict[str, list[dict[str, Any]]] = {}
    for message in named("flat"):
        event = f"/{snake(message['event'])}" if message["type"] == "track" else ""
        files.setdefault(f"segment/{TABLES[message['type']]}{event}/2026-01-10.parquet", []).append(warehouse_row(message))
    # The same in the folder of mixed events, where the folder below tells the call, and without one what is there.
    for message in named("mixed"):
        folder = "order_completed" if message["type"] == "track" else TABLES[message["type"]]
        files.setdefault(f"segment/events/{folder}/{message['messageId']}.ndjson", []).append(warehouse_row(message))
    for message in named("bare", [message for message in MESSAGES if message["type"] in SPEAKING]):
        files.setdefault(f"segment/events/{message['messageId']}.parquet", []).append(warehouse_row(message))
    return files


def _track(name: str, event: str, /, **body: Any) -> dict[str, Any]:
    return _message(name, "track", "09:00", event=event, **body)


OWN = [
    _track("v1-viewed", "Viewed Product", properties={"id": 507, "sku": "G-32", "price": "18.99"}),
    _track("v1-order", "completedOrder", properties={"orderId": 1001.0, "revenue": "25", "products": [{"id": "p1"}]}),
    _track("sku-alone", "product_added", properties={"sku": "G-32"}),
    _track("other-id", "Quiz Finished", properties={"id": "quiz-9"}),
    _track("float-login", "Product-Viewed", userId=42.0, context={"ip": None}, request_ip="198.51.100.4"),
    _track("mail-opened", "Email Opened", properties={"email": "Ivo@example.com", "campaign_id": "c-7", "campaign_name": "News"}),
    _track("mail-clicked", "email_link_clicked", properties={"email": "ivo@example.com", "link_url": "https://shop.example/x"}),
    _track("mail-prefetched", "Email Opened", properties={"email": "ivo@example.com", "is_machine": True}),
    _track("mail-stopped", "Unsubscribed", properties={"email": "ivo@example.com"}),
    # RudderStack's libraries put the traits of an identify call into its context.
    _message(
        "rudder-identify",
        "identify",
        "10:00",
        userId="login-2",
        anonymousId="device-2",
        context={"traits": {"email": "Jo@example.com", "city": "Lyon"}},
        rudderId="7f",
        integrations={"All": True},
    ),
]

FILES: dict[str, list[dict[str, Any]]] = {
    "segment/events/nested.ndjson": named("nested") + named("twice", MESSAGES[:1]) + OWN,
    "segment/events/structs.parquet": named("struct"),
    "segment/events/texts.parquet": [
        {key: json.dumps(value) if isinstance(value, dict) else value for key, value in message.items()}
        for message in named("text")
    ],
    **_tables(),
    "segment/tracks/again.ndjson": [warehouse_row(message) for message in named("twice", MESSAGES[:1])],
}
