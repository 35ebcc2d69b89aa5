"""The rules of no harm: why somebody must not stand in a file, by what is known of them at its run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

import yaml

from dagster_project.settings import SHIPPED

from .consent import deciding, may
from .facts import Known, day, within

ADVERTISING = {
    "google_customer_match": ("ad_user_data", "ad_personalization", "platform_matching"),
    "meta_custom_audience": ("ads", "platform_matching"),
    "google_offline_conversions": ("ad_user_data", "platform_matching"),
    "meta_offline_conversions": ("ads", "platform_matching"),
    "dynamic_ads": ("ads", "platform_matching"),
}
MAILING = {"brevo": "email", "call_list": "phone"}
"""Destination → the purpose it asks for, which is its channel too."""
OF_AGE = (*ADVERTISING, "call_list")
CARTS = ("cart_abandoners", "checkout_abandoners")
WITHOUT_ORDER = (*CARTS, "product_viewers", "visitors_30_days")
SCORED = ("win_back",)


@cache
def spec(audience: str) -> dict:
    """What the audience's YAML declares."""
    path = next((SHIPPED / "dbt_models/models/audiences").glob(f"*/{audience}.yml"))
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))["models"][0]["config"]["meta"]["audience"]


def is_held_out(audience: str, profile_id: str, overall: float = 0.02, salt: str = "relance") -> bool:
    """The salted hash as it is documented: the first 32 bits of MD5, of the audience's draw and of the draw of all."""

    def draw(text: str) -> float:
        return int(hashlib.md5(text.encode()).hexdigest()[:8], 16) / 2**32

    return (
        draw(f"{salt}|{audience}|{profile_id}") < spec(audience).get("holdout_share", 0)
        or draw(f"{salt}||{profile_id}") < overall
    )


def bounced(known: Known, email: str) -> bool:
    """Whether an address sends mail back for good, and nothing has reached it since."""
    events = [record for record in known.of("email_events") if record.ids[0] == f"email:{email}"]
    back = [one.at for one in events if one.row["type"] == "bounced" and one.row.get("bounce_type") != "soft"]
    reached = [one.at for one in events if one.row["type"] in ("delivered", "opened", "clicked")]
    return bool(back) and max(reached, default=max(back) - timedelta(1)) < max(back)


def agreed_again(known: Known) -> bool:
    """Whether somebody who complained has agreed to e-mails since."""
    complaints = [one.at for one in known.of("email_events") if one.row["type"] == "complained"]
    grants = [one.at for one in known.of("consents") if one.row["purpose"] == "email" and one.row["status"] == "granted"]
    return not complaints or max(grants, default=min(complaints)) > max(complaints)


def _unhappy(known: Known) -> bool:
    reviews = [one.at for one in known.of("reviews") if one.row["rating"] <= 2]
    backs = [order.refunded_at for order in known.orders if order.refunded_at]
    return any(within(at, known.moment, 30) for at in (*reviews, *backs))


def _unconsented(known: Known, destination: str) -> bool:
    if destination in MAILING:
        return not may(known, MAILING[destination])
    return not all(may(known, purpose) for purpose in ADVERTISING[destination])


RULES: dict[str, Callable[[Known, str, str], bool]] = {
    "bought after the cart": lambda known, _, audience: (
        audience in CARTS
        and known.last_added is not None
        and known.last_order is not None
        and known.last_order >= known.last_added
    ),
    "ordered lately": lambda known, _, audience: audience in WITHOUT_ORDER and within(known.last_order, known.moment, 14),
    "no consent": lambda known, destination, _: _unconsented(known, destination),
    "under age": lambda known, destination, _: destination in OF_AGE and known.is_minor,
    "complained": lambda known, destination, _: destination == "brevo" and not agreed_again(known),
    "bounced": lambda known, destination, _: (
        destination == "brevo" and bool(known.emails) and all(bounced(known, email) for email in known.emails)
    ),
    "staff or test": lambda known, _, __: known.is_internal,
    "refund or bad review": lambda known, _, audience: (
        "open_refund_or_bad_review" not in spec(audience).get("despite", []) and _unhappy(known)
    ),
    "objects to profiling": lambda known, _, audience: audience in SCORED and not may(known, "profiling"),
}
"""Rule → whether it keeps somebody out of a destination's files of an audience. The erased, the holdout, the caps and a row's
addresses stand apart (verdicts.py)."""


def wrong_addresses(known: Known, destination: str, addresses: frozenset[str]) -> bool:
    """Whether a row carries an address that its consent does not cover."""
    values = [one.partition(":")[::2] for one in addresses]
    if destination in MAILING:
        return not all(may(known, MAILING[destination], value) for _, value in values)
    given = [deciding(known, purpose) for purpose in ADVERTISING[destination]]
    covered = [word.one.partition(":")[::2] for word in given if word is not None and word.kind in ("email", "phone")]
    return any(kind == own and value != other for kind, value in values for own, other in covered)


def left_a_cart(known: Known) -> bool:
    """Whether somebody put something into a cart between a day and thirty days ago, bought since or not."""
    bought = known.last_order is not None and known.last_added is not None and known.last_added <= known.last_order
    touched = known.cart_touched if known.cart else known.last_added if bought else None
    return within(touched, known.moment, 30) and touched <= known.moment - timedelta(days=1)  # type: ignore[operator]


def fell_silent(known: Known) -> bool:
    """Whether a customer has been silent for more than twice their own gap between days with orders, within two years."""
    days = sorted({day(order.at) for order in known.sales})
    if not days or known.of("subscriptions") or not within(known.sales[-1].at, known.moment, 730):
        return False
    if known.last_order != known.sales[-1].at:  # one that was cancelled, or is pending yet
        return False
    gap = (days[-1] - days[0]).days / (len(days) - 1) if len(days) > 1 else 90
    return (day(known.moment) - days[-1]).days > 2 * max(gap, 30)


LISTS: dict[str, tuple[str, str, Callable[[Known], bool]]] = {
    "brevo_carts": ("brevo", "cart_abandoners", left_a_cart),
    "meta_cart_abandoners": ("meta_custom_audience", "cart_abandoners", left_a_cart),
    "google_cart_abandoners": ("google_customer_match", "cart_abandoners", left_a_cart),
    "brevo_win_back": ("brevo", "win_back", fell_silent),
    "meta_win_back": ("meta_custom_audience", "win_back", fell_silent),
}
"""Lists whose every member is counted out here: activation → destination, audience, whom it is for but for the rules."""
