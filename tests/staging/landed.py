"""The files that the test company's systems drop on two days. Each row is there for one thing that can go wrong."""

from __future__ import annotations

from . import landed_hubspot, landed_segment, landed_snowplow, landed_traffic, landed_vendors

CONFIGURATION = """
company: {name: Test shop, currency: EUR, timezone: Europe/Paris, country: FR}
sources:
  shopify:
    order: {key: [id, created_at]}
"""
CONFIGURATION += landed_traffic.SETTINGS

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"


def track(message_id: str, event: str, at: str = "2026-01-10T10:00:00Z", context: dict | None = None, **row: object) -> dict:
    """A Segment track call of one visitor."""
    body = {"messageId": message_id, "type": "track", "event": event, "anonymousId": "visitor", "timestamp": at}
    return {**body, "context": {"userAgent": AGENT, **(context or {})}, **row}


def page(message_id: str, url: str, **context: object) -> dict:
    row = track(message_id, "", context={"page": {"url": url}, **context})
    return {**row, "type": "page", "event": None}


def ga4(name: str, at_micros: int, params: dict[str, object], **row: object) -> dict:
    """An event of GA4's export; parameters typed as Google types them."""
    kinds = {str: "string_value", int: "int_value", float: "double_value"}
    listed = [{"key": key, "value": {kinds[type(value)]: value}} for key, value in params.items()]
    return {"event_timestamp": at_micros, "event_name": name, "user_pseudo_id": "cookie.1", "event_params": listed, **row}


def order(order_id: str, total: str, **row: object) -> dict:
    return {"order_id": order_id, "total": total, "currency": "EUR", "ordered_at": "2026-01-10T10:00:00Z", **row}


def shopify_order(number: int, total: str, **row: object) -> dict:
    at = "2026-01-10T10:00:00Z"
    return {
        "id": number,
        "total_price": total,
        "currency": "EUR",
        "financial_status": "paid",
        "created_at": at,
        "processed_at": at,
        **row,
    }


ITEMS = [
    {"item_id": "sku-1", "item_name": 'The "item_id" mug', "price": 12.5, "quantity": 2},
    {"item_id": "sku-2", "price": 3, "quantity": 1},
]

RESENT = track("lower", "product added", properties={"product_id": "p1", "quantity": 2, "price": "no price"})

CAME_FIRST = '{"source": "bing", "medium": "cpc", "name": "tea"}'
FIRST_DAY: dict[str, list[dict]] = {
    **landed_segment.FILES,
    **landed_snowplow.FILES,
    **landed_hubspot.FILES,
    **landed_traffic.FILES,
    **landed_vendors.FIRST_DAY,
    "segment/events/2026-01-10.ndjson": [
        # The device's clock is a day fast: sent 5 s after it happened, received 1 s later.
        track(
            "skewed",
            "Product Viewed",
            "2026-01-11T10:00:00Z",
            originalTimestamp="2026-01-11T10:00:00Z",
            sentAt="2026-01-11T10:00:05Z",
            receivedAt="2026-01-10T10:00:06Z",
        ),
        track("late-evening", "Product Viewed", "2026-01-10T23:30:00Z"),
        track("old-name", "Completed Order", properties={"order_id": "S1", "revenue": "20.50", "currency": "eur"}, userId="u1"),
        track("own-name", "Quiz Finished"),
        RESENT,
        page("tagged", "https://shop.example/?utm_source=News%20letter&utm_medium=e+mail&gclid=Abc-123&utm_campaign=#top"),
        page("told", "https://shop.example/?utm_source=url", campaign={"source": "context", "name": "Sale"}),
        page("latin", "https://shop.example/?utm_source=%E9t%E9&my_utm_medium=no"),
        page("two-clicks", "https://shop.example/a?x=1&fbclid=fb1&msclkid=ms1"),
        track(
            "crawler",
            "Product Viewed",
            context={"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        ),
        track("cubot", "Product Viewed", context={"userAgent": "Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/120.0 Mobile"}),
        {
            **track("known", ""),
            "type": "identify",
            "event": None,
            "traits": {"email": " Ann@Example.com ", "phone": "06 12 34 56 78"},
            "userId": "u1",
        },
        track("by-login", "Signed In", userId="Bob@Example.com"),
        track("no-mail", "Signed Up", properties={"email": "none"}),
        {**track("joined", ""), "type": "alias", "event": None, "anonymousId": None, "previousId": "before", "userId": "u1"},
    ],
    "ga4/events/20260110.ndjson": [
        ga4(
            "view_item",
            1768039200000000,
            {"page_location": "https://shop.example/p?utm_source=x", "source": "(not set)"},
            items=ITEMS,
        ),
        ga4("purchase", 1768039260000000, {"transaction_id": "1", "value": 99.5, "currency": "EUR"}, items=ITEMS, user_id="u2"),
        ga4("page_view", 1768039200000000, {"page_location": "https://shop.example/", "ga_session_id": 12, "coupon": ""}),
        ga4("quiz_done", 1768039300000000, {}),
        # What Google knows of the visitor's first coming stands on each event of theirs.
        *[
            ga4(name, at, {"ga_session_number": number}, user_pseudo_id="first.cookie", traffic_source=CAME_FIRST)
            for name, at, number in (
                ("session_start", 1768039200000000, 1),
                ("page_view", 1768039201000000, 1),
                ("session_start", 1768060800000000, 2),
            )
        ],
    ],
    "generic/contacts/2026-01-10.ndjson": [
        {"contact_id": "new-first", "city": "Lyon", "updated_at": "2026-01-09T00:00:00Z", "country": "Norway"},
        {"contact_id": "na", "country": "NA"},
        {"contact_id": "no", "country": "no"},
        {"contact_id": "uk", "country": "UK", "phone": "020 7946 0958"},
        {"contact_id": "nowhere", "country": "Atlantis"},
        {"contact_id": "plain", "phone": "0612345678", "shoe_size": "42"},
    ],
    "generic/products/dt=2026-01-10/p.ndjson": [
        {"product_id": "p1", "title": "new", "price": "12.50"},
        {"product_id": "p2", "title": "only"},
    ],
    "generic/orders/2026-01-10.ndjson": [
        order("G1", "100", status="Completed"),
        order("G2", "100", status="refunded"),
        order("G3", "100", refunded_amount="40", currency="usd"),
        order("G4", "100", status="on the moon"),
        order("G5", "100", status="canceled"),
        order("G6", "100", currency="JPY"),
        order("1", "77", status="paid"),
    ],
    "generic/order_lines/2026-01-10.ndjson": [
        {
            "order_id": "L1",
            "line_id": "a",
            "product_id": "p1",
            "quantity": 2,
            "unit_price": "10",
            "discount": "1",
            "ordered_at": "2026-01-10T10:00:00Z",
            "customer_id": "c9",
        },
        {
            "order_id": "L1",
            "line_id": "b",
            "product_id": "p2",
            "quantity": 4,
            "line_total": "6",
            "ordered_at": "2026-01-10T10:00:00Z",
        },
        {"order_id": "undated", "line_id": "a", "product_id": "p2", "quantity": 1, "line_total": "6"},
    ],
    "generic/exchange_rates/2026-01-10.ndjson": [
        {"date": "2026-01-08", "from_currency": "USD", "to_currency": "EUR", "rate": "0.9"}
    ],
    "shopify/order/2026-01-10.ndjson": [
        shopify_order(
            1, "100", processed_at="2026-01-10T12:00:00Z", discount_codes=[{"code": "A"}, {"code": "B"}], customer_id="7"
        ),
        shopify_order(2, "100", financial_status="partially_refunded"),
        shopify_order(3, "100", cancelled_at="2026-01-11T10:00:00Z"),
        shopify_order(4, "100", test=True),
        shopify_order(5, "100", _fivetran_deleted=True),
        shopify_order(6, "50", created_at="2024-06-01T10:00:00Z", processed_at=None),
        shopify_order(6, "60"),
    ],
    "shopify/order_line/2026-01-10.ndjson": [
        {"id": 11, "order_id": 1, "product_id": 5, "quantity": 3, "price": "10.00", "total_discount": "2.50"},
    ],
    "shopify/transaction/2026-01-10.ndjson": [
        {"id": 21, "order_id": 2, "amount": "25", "kind": "refund", "status": "success"},
        {"id": 22, "order_id": 2, "amount": "99", "kind": "refund", "status": "failure"},
        {"id": 23, "order_id": 1, "amount": "100", "kind": "sale", "status": "success"},
    ],
    "shopify/refund/2026-01-10.ndjson": [{"id": 31, "order_id": 2, "created_at": "2026-01-12T08:00:00Z"}],
    "shopify/customer/2026-01-10.ndjson": [
        {
            "id": 7,
            "email": "Cleo@Example.com",
            "created_at": "2025-05-01T00:00:00Z",
            "updated_at": "2026-01-09T00:00:00Z",
            "accepts_marketing": True,
        },
        {
            "id": 8,
            "email": "dan@example.com",
            "created_at": "2025-05-01T00:00:00Z",
            "email_marketing_consent_state": "unsubscribed",
            "email_marketing_consent_consent_updated_at": "2025-12-01T00:00:00Z",
            "accepts_marketing": True,
        },
        {"id": 9, "email": "eve@example.com", "created_at": "2025-05-01T00:00:00Z", "email_marketing_consent_state": "pending"},
    ],
    "shopify/product/2026-01-10.ndjson": [
        {"id": 5, "title": "Mug", "status": "active", "handle": "mug", "body_html": "<p>Big</p>"},
        {"id": "p1", "title": "Shopify's own", "status": "active"},
        {"id": 6, "title": "Jug", "status": "active", "handle": "jug"},
    ],
    "shopify/product_image/2026-01-10.ndjson": [
        {"id": 71, "product_id": 5, "position": 2, "src": "https://cdn.example.com/side.jpg"},
        {"id": 72, "product_id": 5, "position": 1, "src": "https://cdn.example.com/front.jpg"},
    ],
    "shopify/shop/2026-01-10.ndjson": [{"id": 1, "name": "Mugs", "domain": "https://mugs.example.com/", "currency": "GBP"}],
    "shopify/product_variant/2026-01-10.ndjson": [
        {"id": 51, "product_id": 5, "price": "12", "sku": "M-L", "inventory_quantity": 0},
        {"id": 52, "product_id": 5, "price": "9", "sku": "M-S", "inventory_quantity": 4, "barcode": "4006381333931"},
        {"id": 61, "product_id": 6, "price": "15", "inventory_quantity": 1, "barcode": "4006381333931"},
    ],
    "klaviyo/person/2026-01-10.ndjson": [
        {
            "id": "k1",
            "email": "Fay@Example.com",
            "created": "2025-05-01T00:00:00Z",
            "subscriptions": {
                "email": {"marketing": {"consent": "SUBSCRIBED", "consent_timestamp": "2025-06-01T00:00:00+00:00"}}
            },
        },
    ],
    "klaviyo/metric/2026-01-10.ndjson": [
        {"id": "m-open", "name": "Opened Email"},
        {"id": "m-order", "name": "Placed Order"},
        {"id": "m-site", "name": "Active on Site"},
    ],
    "klaviyo/campaign/2026-01-10.ndjson": [{"id": "camp", "name": "January"}],
    "klaviyo/event/2026-01-10.ndjson": [
        {"id": "e1", "metric_id": "m-open", "person_id": "k1", "timestamp": "2026-01-10T10:00:00Z", "campaign_id": "camp"},
        {
            "id": "e2",
            "metric_id": "m-open",
            "person_id": "unknown",
            "timestamp": "2026-01-10T10:00:00Z",
            "person_properties": {"email": "Gus@Example.com"},
        },
        {"id": "e3", "metric_id": "m-site", "person_id": "k1", "timestamp": "2026-01-10T10:00:00Z"},
        {
            "id": "e4",
            "metric_id": "m-order",
            "person_id": "k1",
            "timestamp": "2026-01-10T10:00:00Z",
            "value": 33,
            "event_properties": {"$event_id": "K1"},
        },
        {
            "id": "e5",
            "metric_id": "m-order",
            "person_id": "k1",
            "timestamp": "2026-01-10T10:00:00Z",
            "value": 1,
            "event_properties": {"order_id": "1"},
        },
    ],
    "google_ads/campaign_stats/2026-01-10.ndjson": [
        {"customer_id": 1, "date": "2026-01-10", "id": 10, "cost_micros": 1234567, "clicks": 3, "device": "MOBILE"},
        {"customer_id": 1, "date": "2026-01-10", "id": 10, "cost_micros": 1000000, "clicks": 1, "device": "DESKTOP"},
    ],
    "google_ads/campaign_history/2026-01-10.ndjson": [
        {
            "id": 10,
            "name": "Brand",
            "updated_at": "2026-01-02T00:00:00Z",
            "final_url_suffix": "utm_source=google&utm_campaign=brand%20uk",
        },
        {"id": 10, "name": "Before", "updated_at": "2026-01-01T00:00:00Z"},
    ],
    "google_ads/account_history/2026-01-10.ndjson": [{"id": 1, "currency_code": "usd", "updated_at": "2026-01-01T00:00:00Z"}],
    "facebook_ads/basic_ad/2026-01-10.ndjson": [
        {"ad_id": 100, "account_id": 9, "date": "2026-01-10", "spend": "7.25", "inline_link_clicks": 4, "clicks": 9}
    ],
    "facebook_ads/ad_history/2026-01-10.ndjson": [
        {"id": 100, "campaign_id": 200, "updated_time": "2026-01-02T00:00:00Z"},
        {"id": 100, "campaign_id": 199, "updated_time": "2026-01-01T00:00:00Z"},
    ],
    "facebook_ads/campaign_history/2026-01-10.ndjson": [{"id": 200, "name": "Spring"}],
    "generic/ad_spend/2026-01-10.ndjson": [{"date": "2026-01-10", "platform": "tiktok", "campaign_id": "(not set)", "spend": 5}],
    "facebook_ads/account_history/2026-01-10.ndjson": [{"id": 9, "currency": "EUR"}],
}

SECOND_DAY: dict[str, list[dict]] = {
    **landed_hubspot.NEXT_DAY,
    **landed_traffic.NEXT_DAY,
    **landed_vendors.SECOND_DAY,
    "segment/events/2026-01-11.ndjson": [
        track("late", "Product Viewed", "2025-11-01T10:00:00Z"),
        RESENT,
        track("undone", "Order Refunded", "2026-01-11T10:00:00Z", properties={"order_id": "S1"}),
    ],
    # Older versions that arrive after newer ones.
    "generic/contacts/2026-01-11.ndjson": [{"contact_id": "new-first", "city": "Paris", "updated_at": "2026-01-01T00:00:00Z"}],
    "generic/products/dt=2026-01-05/late.ndjson": [{"product_id": "p1", "title": "old"}],
    "generic/email_events/2026-01-11.ndjson": [
        {
            "event_id": "x1",
            "email": "HAL@example.com",
            "type": "Opened",
            "occurred_at": "2026-01-11T10:00:00Z",
            "is_machine": True,
        },
    ],
}
