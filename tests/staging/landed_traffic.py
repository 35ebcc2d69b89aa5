"""Visits and orders that count nowhere: machines, the company's own network and people, tests; and visitors from companies."""

from __future__ import annotations

SETTINGS = """
traffic:
  max_events_per_minute: 30
  max_events_per_day: 100
  internal_networks: [10.20.30.0/28, "2001:db8:0f::/48"]
  staff_domains: [staff.example.com]
"""

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0"
HEADLESS = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/137.0 Safari/537.36"


def visit(device: str, at: str, ip: str = "192.0.2.1", agent: str = AGENT, **row: object) -> dict:
    body = {"messageId": f"{device}-{at}", "type": "track", "event": "Product Viewed", "anonymousId": device, "timestamp": at}
    return {**body, "properties": {"product_id": "p1"}, "context": {"userAgent": agent, "ip": ip}, **row}


def identify(device: str, at: str, user: str, email: str, **more: str) -> dict:
    return {**visit(device, at, **more), "type": "identify", "event": None, "userId": user, "traits": {"email": email}}


def spread(device: str, count: int, seconds: int, start: int = 0) -> list[dict]:
    """`count` views on the morning of 15 January, each `seconds` after the one before."""
    moments = [start + number * seconds for number in range(count)]
    return [visit(device, f"2026-01-15T{8 + s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}Z") for s in moments]


def order(order_id: str, **row: object) -> dict:
    return {"order_id": order_id, "total": "50", "currency": "EUR", "ordered_at": "2026-01-15T10:00:00Z", "status": "paid", **row}


def completed(order_id: str, event: str = "Order Completed", total: str = "50", **row: object) -> dict:
    body = visit("office", "2026-01-15T11:00:00Z", ip="10.20.30.9", event=event)
    return {**body, "messageId": f"{event} {order_id}", "properties": {"order_id": order_id, "total": total}, **row}


def shopify_order(number: int, channel: str) -> dict:
    at = "2026-01-15T10:00:00Z"
    body = {"id": number, "total_price": "50", "currency": "EUR", "financial_status": "paid", "created_at": at}
    return {**body, "processed_at": at, "browser_ip": "10.20.30.9", "source_name": channel}


FILES: dict[str, list[dict]] = {
    "segment/events/traffic.ndjson": [
        identify("office", "2026-01-15T09:00:00Z", "office-login", "clerk@example.com", ip="10.20.30.9"),
        visit("office-six", "2026-01-15T09:00:00Z", ip="::ffff:10.20.30.10"),
        visit("office-vpn", "2026-01-15T09:00:00Z", ip="2001:db8:f::9"),
        visit("next-door", "2026-01-15T09:00:00Z", ip="10.20.30.16"),
        identify("headless", "2026-01-15T09:00:00Z", "headless-login", "headless@example.com", agent=HEADLESS),
        # As many as a minute may have; the next day brings one more.
        *spread("racer", 30, 1),
        *spread("stroller", 31, 60),
        *spread("sprinter", 31, 1),
        identify("sprinter", "2026-01-16T09:00:00Z", "sprinter-login", "sprinter@example.com"),
        *spread("tireless", 101, 61),
        # A server that tells of a login, on no device.
        *({**row, "anonymousId": None, "userId": "account-9"} for row in spread("server", 40, 1)),
        identify("home", "2026-01-15T09:00:00Z", "eva", "Eva@Staff.example.com"),
        visit("acme-desk", "2026-01-15T09:00:00Z", ip="172.20.100.77"),
        visit("acme-lab", "2026-01-15T09:00:00Z", ip="2001:db8:77::5"),
        visit("subscriber", "2026-01-15T09:00:00Z", ip="172.20.7.7"),
        completed("T-office"),
        completed("T-real", "Order Refunded", "20"),
    ],
    "generic/orders/traffic.ndjson": [
        order("T-address", email="test@example.com"),
        order("T-staff", email="eva@staff.example.com"),
        order("T-status", status="test", customer_id="tester"),
        order("T-real", email="real@example.com"),
    ],
    "generic/contacts/traffic.ndjson": [
        {"contact_id": "t1", "email": "tester@example.com", "phone": "06 12 34 56 01"},
        {"contact_id": "t2", "email": "real@example.com"},
    ],
    "generic/subscriptions/traffic.ndjson": [
        {"subscription_id": "s1", "customer_id": "tester", "plan": "x", "started_at": "2026-01-01T00:00:00Z"}
    ],
    "generic/ip_companies/traffic.ndjson": [
        {"network": "172.20.0.0/16", "company": "Provider"},
        {"network": "172.20.100.64/26", "company": "Acme", "domain": "Acme.example.com", "industry": "Tool", "country": "France"},
        {"network": "2001:db8:77::/48", "company": "Acme", "domain": "acme.example.com", "industry": "Tool", "country": "FR"},
        {"network": "our attic", "company": "Nobody"},
    ],
    "shopify/order/traffic.ndjson": [shopify_order(901, "web"), shopify_order(902, "pos")],
}  # fmt: skip

NEXT_DAY: dict[str, list[dict]] = {
    "segment/events/traffic-late.ndjson": [
        visit("racer", "2026-01-15T08:00:45Z"),
        visit("stroller", "2026-01-15T13:00:00Z"),
    ],
}
