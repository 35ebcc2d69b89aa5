"""What several systems of the test company tell of the same orders, people and ads, each in its own words."""

from __future__ import annotations

import json


def completed(message_id: str, order_id: str, total: object, at: str = "2026-01-10T11:00:00Z", **properties: object) -> dict:
    return _told(message_id, "Order Completed", at, order_id=order_id, total=total, currency="EUR", **properties)


def undone(message_id: str, event: str, order_id: str, at: str = "2026-01-12T11:00:00Z", **properties: object) -> dict:
    return _told(message_id, event, at, order_id=order_id, **properties)


def _told(message_id: str, event: str, at: str, **properties: object) -> dict:
    row = {"messageId": message_id, "type": "track", "event": event, "anonymousId": "buyer", "timestamp": at}
    return {**row, "properties": properties}


def sold(order_id: int, total: str, **row: object) -> dict:
    at = "2026-01-10T10:00:00Z"
    return {"id": order_id, "total_price": total, "currency": "EUR", "financial_status": "paid", "created_at": at, **row}


def visited(event: str, micros: int, params: dict[str, str], cookie: str | None = "cookie.2", **row: object) -> dict:
    """An event of GA4's export as an extract to text gives it: nested records as JSON text."""
    listed = [{"key": key, "value": {"string_value": value}} for key, value in params.items()]
    told = {"event_timestamp": str(micros), "event_name": event, "user_pseudo_id": cookie, "event_params": json.dumps(listed)}
    return {**told, **row}


def acted(event_id: str, metric: str, value: object = None, person: str = "kv", **properties: object) -> dict:
    row = {"id": event_id, "metric_id": metric, "person_id": person, "timestamp": "2026-01-10T10:00:00Z", "value": value}
    return {**row, "event_properties": properties}


METRICS = {
    "v-open": "Opened Email",
    "v-click": "Clicked Email",
    "v-bounce": "Bounced Email",
    "v-order": "Placed Order",
    "v-refund": "Refunded Order",
    "v-cancel": "Cancelled Order",
    "v-join": "Subscribed to Email Marketing",
    "v-leave": "Unsubscribed from Email Marketing",
    "v-sms": "Received SMS",
    "v-text": "Sent SMS",
    "v-stop": "Unsubscribed from SMS",
    "v-yes": "Consented to Receive SMS",
}

FIRST_DAY: dict[str, list[dict]] = {
    "shopify/order/vendors.ndjson": [
        sold(
            8801,
            "100",
            name="#1001",
            order_number=1001,
            landing_site="/?utm_source=news&utm_campaign=jan%20sale&gclid=G1",
            vip="yes",
        ),
        sold(8802, "10", name="#1002"),
        sold(8803, "10", name="#1002"),
        sold(8804, "10"),
        sold(8805, "50", financial_status="partially_refunded"),
        sold(8806, "80"),
    ],
    "shopify/order_discount_code/vendors.ndjson": [{"order_id": 8804, "code": "B"}, {"order_id": 8804, "code": "A"}],
    "shopify/fulfillment/vendors.ndjson": [
        {"id": 1, "order_id": 8804, "status": "success", "shipment_status": "delivered", "updated_at": "2026-01-12T10:00:00Z"},
        {"id": 2, "order_id": 8804, "status": "success", "shipment_status": "in_transit", "updated_at": "2026-01-11T10:00:00Z"},
        {"id": 3, "order_id": 8804, "status": "cancelled", "updated_at": "2026-01-11T10:00:00Z"},
        {"id": 4, "order_id": 8805, "status": "success", "updated_at": "2026-01-11T10:00:00Z"},
    ],
    "shopify/fulfillment_event/vendors.ndjson": [
        {"id": 1, "order_id": 8804, "fulfillment_id": 2, "status": "out_for_delivery", "happened_at": "2026-01-13T06:00:00Z"},
        {"id": 2, "order_id": 8804, "fulfillment_id": 2, "status": "delivered", "happened_at": "2026-01-13T10:00:00Z"},
    ],
    "shopify/refund/vendors.ndjson": [{"id": 905, "order_id": 8805, "created_at": "2026-01-12T08:00:00Z"}],
    "shopify/order_line_refund/vendors.ndjson": [{"id": 1, "refund_id": 905, "quantity": 1, "subtotal": "10", "total_tax": "2"}],
    "shopify/abandoned_checkout/vendors.ndjson": [
        {
            "id": 1,
            "email": "Ida@Example.com",
            "created_at": "2026-01-10T10:00:00Z",
            "updated_at": "2026-01-10T10:05:00Z",
            "total_price": "31",
            "currency": "EUR",
            "line_items": [{"product_id": 5, "quantity": 1}],
        },
    ],
    "ga4/events/vendors.ndjson": [
        visited(
            "purchase",
            1768039200000000,
            {"transaction_id": "#1001", "value": "99", "currency": "EUR", "coupon": "X", "page_title": 'say "hi"'},
            items='[{"item_id": "sku-1", "price": 20, "quantity": 4}, {"item_id": "sku-2", "price": "19"}]',
            privacy_info='{"analytics_storage": "Yes", "ads_storage": "No", "uses_transient_token": "No"}',
            user_properties='[{"key": "tier", "value": {"string_value": "gold"}}]',
        ),
        visited("refund", 1768125600000000, {"transaction_id": "1001", "value": "30"}),
        visited(
            "refund", 1768125600000000, {"transaction_id": "8806"}, items='[{"item_id": "sku-3", "price": 5, "quantity": 3}]'
        ),
        # The visitor changes their mind; a ping without an id; one with an id of one visit; nothing told.
        visited("page_view", 1768212000000000, {}, privacy_info={"analytics_storage": "No", "ads_storage": "Unset"}),
        visited("page_view", 1768212000000000, {}, cookie=None, privacy_info={"analytics_storage": "No"}),
        visited(
            "page_view", 1768212000000000, {}, "fleeting", privacy_info={"analytics_storage": "No", "uses_transient_token": "Yes"}
        ),
        visited("page_view", 1768212000000000, {}, "silent", privacy_info="{}"),
        visited(
            "page_view", 1768212000000000, {}, "granted", privacy_info={"analytics_storage": "granted", "ads_storage": "denied"}
        ),
    ],
    "segment/events/vendors.ndjson": [
        completed("v1", "1001", 98, products=[{"product_id": "wrong", "quantity": 1, "price": 98}]),
        undone("v2", "Order Refunded", "8801", total=30),
        completed("v3", "#1002", 10),
        completed("v4", "V4", 25, products=[{"product_id": "p1", "quantity": 2, "price": 10}, {"sku": "s9", "price": "5"}]),
        undone("v5", "Order Refunded", "V4", total=5),
        undone("v6", "Order Refunded", "V4", total=5),
        undone("v7", "Order Refunded", "V4", "2026-01-13T11:00:00Z", total=-3),
        completed("v8", "V8", 40, products="none"),
        undone("v9", "Order Cancelled", "V8"),
        completed("v10", "V10", 10, products={"product_id": "p1"}),
        undone("v11", "Order Refunded", "V10", total=50),
        undone("v12", "Order Refunded", "8802"),
        undone("v13", "Order Cancelled", "8803"),
        completed("v14", "V14", "12,50"),
        undone("v15", "Order Refunded", "nobody's", total=5),
        completed("v16", "V16", 30, products=[{"product_id": "p1", "quantity": 3, "price": 10}]),
        undone("v17", "Order Refunded", "V16", products=[{"product_id": "p1", "quantity": 2}, {"product_id": "unpriced"}]),
    ],
    "generic/orders/vendors.ndjson": [
        {"order_id": "M1", "total": "100", "currency": "MXN", "ordered_at": "2026-01-10T10:00:00Z", "heard_via": "podcast"},
        {"order_id": "M2", "total": "100", "currency": "GBP", "ordered_at": "2026-01-10T10:00:00Z", "gift": True},
        {"order_id": "M3", "total": "100", "currency": "USD", "ordered_at": "2026-02-20T10:00:00Z"},
        {"order_id": "K2", "total": "50", "currency": "EUR", "ordered_at": "2026-01-10T10:00:00Z"},
        {"order_id": "M4", "total": "100", "ordered_at": "2026-01-10T10:00:00Z", "refunded_amount": "-40"},
        {"order_id": "M5", "total": "-7", "ordered_at": "2026-02-10T10:00:00Z"},
    ],
    "generic/exchange_rates/vendors.ndjson": [
        {"date": "2026-01-08", "from_currency": "USD", "to_currency": "MXN", "rate": "20"},
        {"date": "2026-01-08", "from_currency": "EUR", "to_currency": "GBP", "rate": "0.8"},
    ],
    "generic/subscriptions/vendors.ndjson": [
        {"subscription_id": "sub1", "started_at": "2026-01-10T10:00:00Z", "amount": "10", "currency": "USD", "seats": 3},
        {"subscription_id": "sub2", "started_at": "2026-01-10T10:00:00Z", "amount": "10", "currency": "JPY"},
    ],
    "generic/marketing_costs/vendors.ndjson": [
        {
            "cost_id": "c1",
            "starts_on": "2026-01-10",
            "ends_on": "2026-01-31",
            "kind": "tool",
            "amount": "10",
            "currency": "usd",
            "team": "brand",
        },
    ],
    "generic/referrals/vendors.ndjson": [
        {
            "referral_id": "f1",
            "referrer": " Ida@Example.com",
            "referred": "C-7 ",
            "created_at": "2026-01-10T10:00:00Z",
            "code": "I7",
        },
    ],
    "generic/order_lines/vendors.ndjson": [
        {"order_id": "M1", "line_id": "1", "product_id": "p1", "quantity": 1, "unit_price": "100", "engraved": "Ida"},
    ],
    "generic/leads/vendors.ndjson": [
        {
            "lead_id": "l1",
            "created_at": "2026-01-10T10:00:00Z",
            "landing_url": "https://shop.example/kitchens?utm_source=meta&utm_medium=paid%20social&fbclid=F1",
            "heard_via": "a friend",
            "kitchen_size": "12",
        },
        # What a CRM keeps besides: when sales found it good, and the click that brought it.
        {"lead_id": "l2", "created_at": "2026-01-10T10:00:00Z", "qualified_at": "2026-01-15T10:00:00+02:00", "gclid": " Crm-1"},
    ],
    "generic/event_registrations/vendors.ndjson": [
        {"registration_id": "r1", "event_name": "Open day", "starts_at": "2026-02-01T10:00:00Z", "seats": 2},
    ],
    "generic/email_events/vendors.ndjson": [
        {
            "event_id": f"b{number}",
            "email": email,
            "type": type_,
            "occurred_at": f"2026-01-{day}T10:00:00Z",
            "bounce_type": bounce,
        }
        for number, (email, type_, day, bounce) in enumerate(
            [
                ("hard@example.com", "bounced", 10, "Hard"),
                ("untold@example.com", "bounced", 10, None),
                ("soft@example.com", "bounced", 10, "soft"),
                ("mended@example.com", "bounced", 10, "hard"),
                ("mended@example.com", "delivered", 11, None),
                ("answers@example.com", "replied", 11, None),
            ]
        )
    ],
    "generic/message_events/vendors.ndjson": [
        {"event_id": "t1", "channel": "SMS", "identifier": "0612345678", "type": "STOP", "occurred_at": "2026-01-10T10:00:00Z"},
        {
            "event_id": "t2",
            "channel": "whatsapp",
            "identifier": "0612345678",
            "type": "replied",
            "occurred_at": "2026-01-10T10:00:00Z",
        },
        {
            "event_id": "t3",
            "channel": "push",
            "identifier": "Device-1",
            "type": "stop",
            "occurred_at": "2026-01-10T10:00:00Z",
            "os": "ios",
        },
    ],
    "generic/social_interactions/vendors.ndjson": [
        {
            "interaction_id": "s1",
            "platform": "Instagram",
            "kind": "Comment",
            "handle": "@ida",
            "email": "Ida@Example.com",
            "occurred_at": "2026-01-10T10:00:00Z",
        },
    ],
    "klaviyo/person/vendors.ndjson": [
        {"id": "kv", "email": "Kim@Example.com", "phone_number": "+33612345679"},
        {"id": "k-moved", "email": "before@example.com", "updated": "2026-01-09T00:00:00Z"},
        {"id": "k-deleted", "email": "deleted@example.com", "updated": "2026-01-09T00:00:00Z"},
    ],
    "klaviyo/metric/vendors.ndjson": [{"id": key, "name": name} for key, name in METRICS.items()],
    "klaviyo/flow/vendors.ndjson": [{"id": "flow", "name": "Welcome"}],
    "klaviyo/event/vendors.ndjson": [
        {**acted("k1", "v-open", machine_open=True), "flow_id": "flow"},
        acted("k2", "v-open", **{"Apple Privacy Open": "False"}),
        acted("k3", "v-click", **{"Bot Click": True}),
        acted("k4", "v-bounce", bounce_type="Soft"),
        acted("k5", "v-order", 50, OrderId="K2", **{"$currency_code": "EUR"}),
        acted("k6", "v-refund", 20, OrderId="K2"),
        acted("k7", "v-order", 60, **{"$event_id": "K3"}),
        acted("k8", "v-cancel", 60, **{"$event_id": "K3"}),
        acted("k9", "v-join"),
        acted("k10", "v-sms"),
        acted("k11", "v-text"),
        acted("k12", "v-stop"),
        {
            **acted("k13", "v-yes", person="gone"),
            "person_properties": {"email": "lou@example.com", "phone_number": "+33612345670"},
        },
        acted("k14", "v-leave", person="nobody"),
        {**acted("k15", "v-late", person="k-late"), "campaign_id": "c-late"},
        acted("k16", "v-open", person="k-moved"),
        acted("k17", "v-open", person="k-deleted"),
    ],
    "google_ads/campaign_stats/vendors.ndjson": [
        {
            "customer_id": 2,
            "date": "2026-01-10",
            "id": 20,
            "cost": "3.50",
            "clicks": 1,
            "conversions": "1.5",
            "conversions_value": 9,
        },
    ],
    "google_ads/campaign_history/vendors.ndjson": [
        {"id": 20, "name": "Search", "final_url_suffix": "utm_campaign=g_{campaignid}"}
    ],
    "google_ads/account_history/vendors.ndjson": [{"id": 2, "currency_code": "EUR"}],
    "facebook_ads/basic_ad/vendors.ndjson": [
        {
            "ad_id": 101,
            "account_id": 9,
            "date": "2026-01-10",
            "spend": "5",
            "actions": [
                {"action_type": "omni_purchase", "value": "3"},
                {"action_type": "offsite_conversion.fb_pixel_purchase", "value": "2"},
            ],
            "action_values": [{"action_type": "omni_purchase", "value": "90.5"}],
        },
        {"ad_id": 102, "account_id": 9, "date": "2026-01-10", "spend": "6"},
    ],
    "facebook_ads/basic_ad_actions/vendors.ndjson": [
        {"ad_id": 102, "date": "2026-01-10", "action_type": "lead", "value": 4},
        {"ad_id": 102, "date": "2026-01-10", "action_type": "link_click", "value": 40},
    ],
    "facebook_ads/basic_ad_action_values/vendors.ndjson": [
        {"ad_id": 102, "date": "2026-01-10", "action_type": "lead", "value": 8},
    ],
    "facebook_ads/ad_history/vendors.ndjson": [
        {"id": 101, "campaign_id": 201, "creative_id": 301},
        {"id": 102, "campaign_id": 201, "creative_id": 302},
    ],
    "facebook_ads/campaign_history/vendors.ndjson": [{"id": 201, "name": "Winter sale"}],
    "facebook_ads/creative_history/vendors.ndjson": [
        {"id": 301, "url_tags": "utm_source=meta&utm_campaign={{campaign.name}}"},
        {"id": 302, "page_link": "https://shop.example/?utm_campaign=%7B%7Badset.name%7D%7D"},
    ],
}

SECOND_DAY: dict[str, list[dict]] = {
    # The checkout was finished after all: what is told of it later is no second one.
    "shopify/abandoned_checkout/vendors-2.ndjson": [
        {
            "id": 1,
            "email": "Ida@Example.com",
            "created_at": "2026-01-10T10:00:00Z",
            "updated_at": "2026-01-11T10:05:00Z",
            "completed_at": "2026-01-11T10:05:00Z",
            "total_price": "31",
        },
    ],
    # What yesterday's events are about, and who did them, is known only today, or has changed.
    "klaviyo/metric/vendors-2.ndjson": [{"id": "v-late", "name": "Opened Email"}],
    "klaviyo/campaign/vendors-2.ndjson": [{"id": "c-late", "name": "Late news"}],
    "klaviyo/person/vendors-2.ndjson": [
        {"id": "k-late", "email": "late@example.com"},
        {"id": "k-moved", "email": "after@example.com", "updated": "2026-01-11T00:00:00Z"},
        {"id": "k-deleted", "email": "deleted@example.com", "updated": "2026-01-11T00:00:00Z", "_fivetran_deleted": True},
    ],
}
