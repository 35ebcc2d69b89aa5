"""Events as Segment's spec writes them: ids, times, and the JSON of properties, context and traits.

Shapes follow the public Segment spec (common fields, e-commerce events v2); amounts in `properties` are plain JSON numbers.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.demo.addresses import Addresses
from dagster_project.demo.campaigns import CAMPAIGNS
from dagster_project.demo.catalogue import PATHS, PRICES, PRODUCTS, SITE
from dagster_project.demo.events import (
    ADDED,
    CART_VIEWED,
    CHECKOUT_STARTED,
    COMPLETED,
    IDENTIFY,
    LISTING,
    ORDER_COMPLETED,
    PAGE,
    REMOVED,
    SIGNED_UP,
    THANKS,
    VIEWED,
    Events,
)
from dagster_project.demo.orders import COUPONS, CURRENCIES, LINES, Orders
from dagster_project.demo.people import People
from dagster_project.demo.plan import MINUTE, Plan, chance, pick
from dagster_project.demo.sessions import BOT, DEVICES_PER_PERSON, Owners, Sessions, in_disguise
from dagster_project.demo.text import digits, either, join, listed, money, only, take, uuids, wrap
from dagster_project.demo.vocabulary import BOT_AGENTS, COUNTRIES, USER_AGENTS

NAMES = [
    "page",
    "identify",
    "Signed Up",
    "Product Viewed",
    "Product Added",
    "Product Removed",
    "Cart Viewed",
    "Checkout Started",
    "Order Completed",
]

EVENT_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("messageId", "type", "event", "name", "anonymousId", "userId")]
    + [(name, pa.timestamp("ms", tz="UTC")) for name in ("timestamp", "originalTimestamp", "sentAt", "receivedAt")]
    + [(name, pa.string()) for name in ("properties", "context", "traits")]
)

_PRODUCT_JSON = pa.array(
    [
        f'"product_id":"{p.product_id}","sku":"{p.sku}","name":"{p.title}","category":"{p.category}",'
        f'"brand":"{p.brand}","price":{p.price / 100:.2f}'
        for p in PRODUCTS
    ]
)


def anonymous_ids(plan: Plan, shard: int, sessions: Sessions) -> pa.StringArray:
    """One anonymous id per device in use (the order of `sessions.device_index`)."""
    devices, _ = sessions.device_index
    return uuids((np.int64(shard) << 40) + devices, salt=plan.seed * 8 + 1)


def event_table(
    plan: Plan,
    shard: int,
    people: People,
    orders: Orders,
    sessions: Sessions,
    owners: Owners,
    events: Events,
    addresses: Addresses,
) -> pa.Table:
    """The events as rows of EVENT_SCHEMA, in the order given."""
    rng = plan.rng("event_text", shard)
    size, kind = len(events), events.kind
    order = sessions.order[events.session]
    server_side = (kind == ORDER_COMPLETED) & events.logged_in & chance(rng, 0.05, size)
    device = sessions.device_index[1][events.session]
    anonymous = anonymous_ids(plan, shard, sessions).take(pa.array(device))
    customer = only(events.logged_in, people.customer_id.take(pa.array(np.where(events.owner < owners.known, events.owner, 0))))
    track = ~np.isin(kind, [PAGE, IDENTIFY])
    name = take(NAMES, kind)
    skew = np.where(chance(rng, 0.01, size), rng.integers(-90 * MINUTE, 90 * MINUTE, size), 0)
    original = events.at + skew
    sent = original + events.received - events.at

    columns = {
        "messageId": uuids((np.int64(shard) << 40) + events.number, salt=plan.seed * 8 + 3),
        "type": either(track, "track", name),
        "event": only(track, name),
        "name": only(kind == PAGE, take(["Home", "Listing", "Help", "Thank you"], _page(events))),
        "anonymousId": only(~server_side, anonymous),
        "userId": customer,
        "timestamp": events.at,
        "originalTimestamp": original,
        "sentAt": sent,
        "receivedAt": events.received,
        "properties": _properties(people, orders, sessions, events, order),
        "context": _context(rng, plan, shard, people, sessions, owners, events, addresses),
        "traits": _traits(rng, people, owners, events),
    }
    arrays = [pa.array(columns[field.name]).cast(field.type) for field in EVENT_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=EVENT_SCHEMA)


def _page(events: Events) -> np.ndarray:
    return np.select([events.slot == LISTING, events.slot == THANKS, ~events.first], [1, 3, 2], 0)


def _path(events: Events) -> pa.StringArray:
    """Path of the page on which the event happened."""
    product = take(PATHS, events.product)
    fixed = ["/", "/collections/all", "/help", "/checkout/thank-you", "/cart", "/checkout", "/account"]
    checkout = np.isin(events.kind, [CHECKOUT_STARTED, ORDER_COMPLETED]) | (events.slot > COMPLETED - 2)
    index = np.select(
        [
            events.kind == PAGE,
            np.isin(events.kind, [REMOVED, CART_VIEWED]),
            np.isin(events.kind, [IDENTIFY, SIGNED_UP]) & ~checkout,
            checkout,
        ],
        [_page(events), 4, 6, 5],
        0,
    )
    return either((events.product >= 0) & (events.kind != REMOVED), product, take(fixed, index))


def _scatter(size: int, parts: list[tuple[np.ndarray, pa.Array]]) -> pa.StringArray:
    """Texts made for some of the rows each, put back into their rows; a row of no part is missing."""
    place = np.full(size, -1)
    start = 0
    for index, _ in parts:
        place[index] = start + np.arange(len(index))
        start += len(index)
    return take(pa.concat_arrays([pa.array(text, pa.string()) for _, text in parts]), place)


def _properties(people: People, orders: Orders, sessions: Sessions, events: Events, order: np.ndarray) -> pa.StringArray:
    """JSON of `properties`, made kind by kind."""

    def rows(*kinds: int) -> np.ndarray:
        return np.flatnonzero(np.isin(events.kind, kinds))

    items = rows(VIEWED, ADDED, REMOVED)
    product = events.product[items]
    item_text = join("{", take(_PRODUCT_JSON, product), ',"quantity":', digits(events.quantity[items]), ',"currency":"EUR"}')
    carts = rows(CART_VIEWED)
    cart_text = join('{"cart_id":"', digits(events.session[carts]), '"}')
    checkouts = rows(CHECKOUT_STARTED)
    session = events.session[checkouts]
    value = (np.where(sessions.products >= 0, PRICES[sessions.products], 0) * sessions.quantities).sum(axis=1)[session]
    checkout_text = join('{"cart_id":"', digits(session), '","value":', money(value), ',"currency":"EUR"}')
    completed = rows(ORDER_COMPLETED)
    pages = rows(PAGE)
    page_text = join('{"path":"', _path(events).take(pa.array(pages)), '"}')
    parts = [(items, item_text), (carts, cart_text), (checkouts, checkout_text), (pages, page_text)]
    parts.append((completed, _order_properties(people, orders, order[completed])))
    return _scatter(len(events), parts)


def _order_properties(people: People, orders: Orders, order: np.ndarray) -> pa.StringArray:
    lines = []
    for line in range(LINES):
        product, quantity = orders.products[order, line], orders.quantities[order, line]
        lines.append(only(product >= 0, join("{", take(_PRODUCT_JSON, product), ',"quantity":', digits(quantity), "}")))
    coupon = orders.coupon[order]
    guest = ~orders.by_account[order] & (order % 2 == 0)
    email = people.email.take(pa.array(orders.person[order]))
    return join(
        '{"order_id":"',
        orders.order_id.take(pa.array(order)),
        '","total":',
        money(orders.total[order]),
        ',"revenue":',
        money(orders.subtotal[order] - orders.discount[order]),
        ',"shipping":',
        money(orders.shipping[order]),
        ',"discount":',
        money(orders.discount[order]),
        ',"currency":"',
        take(CURRENCIES, orders.currency[order]),
        '"',
        wrap(',"coupon":"', take(COUPONS, coupon), '"'),
        only(guest, wrap(',"email":"', email, '"')),
        ',"products":[',
        listed(*lines),
        "]}",
    )


def _context(
    rng,
    plan: Plan,
    shard: int,
    people: People,
    sessions: Sessions,
    owners: Owners,
    events: Events,
    addresses: Addresses,
) -> pa.StringArray:
    """JSON of `context`: device, page and, on the landing page, the campaign (now and then in the address alone)."""
    devices, device_of = sessions.device_index
    owner = devices // DEVICES_PER_PERSON
    agent = pick(rng, [0.34, 0.2, 0.22, 0.12, 0.06, 0.06], len(devices))
    bot = np.zeros(len(devices), dtype=bool)
    bot[device_of[sessions.kind == BOT]] = True
    number = owner[bot] - owners.first_bot
    agent[bot] = np.where(in_disguise(number), agent[bot], len(USER_AGENTS) + number % len(BOT_AGENTS))
    country = np.where(owner < owners.known, people.country[np.minimum(owner, owners.known - 1)], 0)
    head = join(
        '{"userAgent":"',
        take([*USER_AGENTS, *BOT_AGENTS], agent),
        '","ip":"',
        addresses.ip,
        '","locale":"',
        take([c.locale for c in COUNTRIES], country),
        '","library":{"name":"analytics.js","version":"next-1.80.0"},"page":{"path":"',
    )

    visits = len(sessions)
    weights = [16.0, 9.0] + [campaign.weight for campaign in CAMPAIGNS]
    campaign = np.where(sessions.kind == BOT, 0, pick(rng, weights, visits))
    query, label = _campaign_texts()
    click = take([None, None, *[c.click_id for c in CAMPAIGNS]], np.where(chance(rng, 0.7, visits), campaign, 0))
    click_text = wrap("&", click, "=")
    click_id = uuids((np.int64(shard) << 40) + np.arange(visits), salt=plan.seed * 8 + 5)
    landing = join(take(query, campaign), only(np.asarray(click_text.is_valid()), join(click_text, click_id)))
    tagged = np.where(chance(rng, 0.15, visits), 0, campaign)

    def on_landing(column: pa.Array) -> pa.StringArray:
        return only(events.first, column.take(pa.array(events.session)))

    path = _path(events)
    referrer = take(["", "https://www.google.com/", *[_referrer(c.source) for c in CAMPAIGNS]], campaign)
    return join(
        head.take(pa.array(device_of[events.session])),
        path,
        '","url":"' + SITE,
        path,
        on_landing(landing),
        '","referrer":"',
        on_landing(referrer),
        '"}',
        on_landing(take(label, tagged)),
        "}",
    )


def _campaign_texts() -> tuple[list[str], list[str | None]]:
    """Query string and context JSON of no campaign, of organic search, and of each campaign."""
    query, label = ["", ""], [None, None]
    for c in CAMPAIGNS:
        parts = {"source": c.source, "medium": c.medium, "name": c.name, "content": c.content, "term": c.term}
        given = {key: value for key, value in parts.items() if value}
        names = {"name": "campaign"}
        query.append("?" + "&".join(f"utm_{names.get(key, key)}={value.replace(' ', '+')}" for key, value in given.items()))
        label.append(',"campaign":{' + ",".join(f'"{key}":"{value}"' for key, value in given.items()) + "}")
    return query, label


def _referrer(source: str) -> str:
    known = {"google": "https://www.google.com/", "facebook": "https://l.facebook.com/", "instagram": "https://l.instagram.com/"}
    return known.get(source, "")


def _traits(rng: np.random.Generator, people: People, owners: Owners, events: Events) -> pa.StringArray:
    """JSON of `traits` for identify calls; the address now and then in capitals, the phone in international notation."""
    index = np.flatnonzero(events.kind == IDENTIFY)
    who = pa.array(events.owner[index])
    email = people.email.take(who)
    email = either(chance(rng, 0.04, len(index)), pc.utf8_upper(email), email)
    phone = only(chance(rng, 0.4, len(index)), people.e164.take(who))
    text = join(
        '{"email":"',
        email,
        '","first_name":"',
        people.first_name.take(who),
        '","last_name":"',
        people.last_name.take(who),
        '"',
        wrap(',"phone":"', phone, '"'),
        "}",
    )
    return _scatter(len(events), [(index, text)])


def identified_by_phone(table: pa.Table) -> np.ndarray:
    """Rows whose traits carry a phone."""
    return pc.fill_null(pc.match_substring(table["traits"], '"phone"'), False).to_numpy()
