"""Events as Snowplow keeps them: in the loaders' columns of today and of yesterday, and as the pipeline hands them on."""

from __future__ import annotations

from typing import Any

ECOMMERCE = "com.snowplowanalytics.snowplow.ecommerce"
ACTION = "unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1"
CONTEXT = "contexts_com_snowplowanalytics_snowplow_ecommerce_"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"
NOBODY = "00000000-0000-0000-0000-000000000000"

MUG = {"id": "sku-1", "name": 'The "id" mug', "price": 12.5, "quantity": 2, "currency": "eur", "creative_id": "c-1"}
CUP = {"id": "sku-2", "price": 3.0, "quantity": 1, "currency": "EUR"}
SALE = {"transaction_id": "SP1", "revenue": "28.00", "currency": "EUR", "payment_method": "card"}


def event(event_id: str, name: str, /, at: str = "10:00:00", **columns: Any) -> dict[str, Any]:
    """One enriched event of a browser whose clock is an hour fast; `at` is a time of 2026-01-10."""
    moment = f"2026-01-10 {at}"
    kinds = {"page_view", "page_ping", "transaction", "transaction_item", "struct"}
    return {
        "app_id": "shop",
        "platform": "web",
        "event": name if name in kinds else "unstruct",
        "event_name": "event" if name == "struct" else name,
        "event_id": event_id,
        "dvce_created_tstamp": moment.replace(" 10", " 11"),
        "dvce_sent_tstamp": moment.replace(" 10", " 11"),
        "collector_tstamp": f"{moment}.000 UTC",
        "derived_tstamp": moment,
        "domain_userid": "duid-1",
        "network_userid": "nuid-1",
        "page_url": "https://shop.example/p",
        "useragent": AGENT,
        "user_ipaddress": "203.0.113.7",
        **columns,
    }


def action(event_id: str, kind: str, /, **columns: Any) -> dict[str, Any]:
    """An e-commerce action in the columns of today's loaders; `product=[…]` and the like are entities."""
    entities = {name: value for name, value in columns.items() if isinstance(value, list)}
    others = {name: value for name, value in columns.items() if name not in entities}
    attached = {f"{CONTEXT}{name}_1": value for name, value in entities.items()}
    return event(event_id, "snowplow_ecommerce_action", **{ACTION: {"type": kind}}, **attached, **others)


def as_sent(row: dict[str, Any]) -> dict[str, Any]:
    """The same event as the pipeline's enriched stream has it: entities and event in two columns of self-describing JSON."""
    mine = {name: value for name, value in row.items() if not name.startswith(("contexts_", "unstruct_event_"))}
    entities = [
        {"schema": f"iglu:{ECOMMERCE}/{name.removeprefix(CONTEXT).removesuffix('_1')}/jsonschema/1-0-0", "data": value}
        for name, values in row.items()
        if name.startswith(CONTEXT)
        for value in values
    ]
    page = {"schema": "iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0", "data": {"id": "page-1"}}
    told = {"schema": f"iglu:{ECOMMERCE}/snowplow_ecommerce_action/jsonschema/1-0-2", "data": row[ACTION]}
    wrapped = "iglu:com.snowplowanalytics.snowplow/{}/jsonschema/1-0-0"
    mine["contexts"] = {"schema": wrapped.format("contexts"), "data": [page, *entities]}
    mine["unstruct_event"] = {"schema": wrapped.format("unstruct_event"), "data": told}
    return mine


def before(row: dict[str, Any]) -> dict[str, Any]:
    """The same event in the columns of BigQuery's former loader, beside those of today's, which are empty for it."""
    old = {name.removesuffix("_1") + "_1_0_0" if name.endswith("_1") else name: value for name, value in row.items()}
    return {**{f"{CONTEXT}{name}_1": [] for name in ("product", "transaction", "refund", "checkout_step", "user")}, **old}


BOUGHT = action(
    "sp-sale", "transaction", transaction=[SALE], product=[MUG, CUP], user=[{"id": "u-7", "email": "Ivy@Example.com"}]
)


def consent(event_id: str, kind: str, scopes: list[str], **columns: Any) -> dict[str, Any]:
    told = {"eventType": kind, "basisForProcessing": "consent", "consentScopes": scopes, "consentVersion": "2"}
    column = "unstruct_event_com_snowplowanalytics_snowplow_consent_preferences_1"
    return event(event_id, "consent_preferences", **{column: {**told, "consentUrl": "https://shop.example/privacy"}}, **columns)


EVENTS = [
    BOUGHT,
    {**as_sent(BOUGHT), "event_id": "sp-sale-sent", "event_name": None},
    action("sp-view", "product_view", product=[MUG], page_url="https://shop.example/p?gclid=G1&utm_source=u%20rl"),
    action("sp-add", "add_to_cart", product=[MUG, CUP], cart=[{"total_value": 28}]),
    action("sp-refund", "refund", refund=[{"transaction_id": "SP1", "refund_amount": 8, "currency": "EUR"}], product=[CUP]),
    action("sp-error", "trns_error", transaction=[{**SALE, "transaction_id": "SP-failed"}]),
    action("sp-step-1", "checkout_step", checkout_step=[{"step": 1}]),
    action("sp-step-2", "checkout_step", checkout_step=[{"step": 2}]),
    action("sp-guest", "product_view", product=[MUG], user=[{"id": "guest-1", "is_guest": True}]),
    event(
        "sp-page",
        "page_view",
        mkt_source="news letter",
        mkt_clickid="M1",
        mkt_network="Microsoft",
        page_referrer="https://x.example/",
    ),
    event("sp-ping", "page_ping"),
    event("sp-struct", "struct", se_category="shop", se_action="add-to-basket", se_label="sku-1", se_value="2.0"),
    event("sp-quiz", "quiz_done", unstruct_event_com_acme_quiz_done_1={"score": 3}),
    event(
        "sp-classic-cart",
        "add_to_cart",
        unstruct_event_com_snowplowanalytics_snowplow_add_to_cart_1={"sku": "sku-9", "unitPrice": 4.5, "quantity": 3},
    ),
    event("sp-classic", "transaction", tr_orderid="SP2", tr_total="19.00", tr_currency="EUR", user_id="Jon@Example.com"),
    event("sp-item", "transaction_item", ti_orderid="SP2", ti_sku="sku-1", ti_price="7.5", ti_quantity="2"),
    event("sp-item-again", "transaction_item", at="10:05:00", ti_orderid="SP2", ti_sku="sku-1", ti_price="7.5", ti_quantity="2"),
    # The same id with other content, a second later: a copy made by a pre-fetching browser.
    event("sp-copied", "page_view", page_title="first"),
    event("sp-copied", "page_view", at="10:00:01", page_title="copy"),
    # Imported years later: the exact time stands, whatever the import's own clocks say.
    event("sp-imported", "page_view", true_tstamp="2024-05-01 08:00:00", derived_tstamp="2024-05-01 08:00:00"),
    event("sp-underived", "page_view", derived_tstamp=None, dvce_created_tstamp="2026-01-10 10:59:00"),
    event("sp-unknown", "page_view", domain_userid=None),
    event(
        "sp-app",
        "screen_view",
        platform="mob",
        domain_userid=None,
        contexts_com_snowplowanalytics_snowplow_client_session_1=[{"userId": "app-1", "sessionId": "s"}],
    ),
    event(
        "sp-app-unknown",
        "screen_view",
        domain_userid=None,
        contexts_com_snowplowanalytics_snowplow_client_session_1=[{"userId": NOBODY}],
    ),
    event("sp-odd", "page_view", br_viewwidth="wide", geo_latitude="?", contexts={"data": 3}, unstruct_event=[1]),
    consent("sp-chosen", "allow_selected", ["necessary", "analytics"]),
    consent("sp-all", "allow_all", ["Analytics", "advertisement"], domain_userid="duid-2"),
    consent("sp-own-words", "allow_selected", ["cosy", "marketing"], domain_userid="duid-3"),
    consent("sp-refused", "deny_all", ["necessary"], domain_userid=None, user_id="login-4"),
    consent("sp-implied", "implicit_consent", ["analytics"], domain_userid="duid-5"),
    consent(
        "sp-back", "withdrawn", ["necessary"], domain_userid="duid-2", derived_tstamp="2026-01-10 11:00:00", dvce_sent_tstamp=None
    ),
]

FILES = {
    "snowplow/events/2026-01-10.ndjson": EVENTS,
    "snowplow/events/2026-01-10.parquet": [{**before(BOUGHT), "event_id": "sp-sale-before"}],
}
