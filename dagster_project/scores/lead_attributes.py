"""What rules for leads may speak of, and by which operators."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["text", "number", "either"]
"""`either`: a further column of the company's own, which is compared as a number where both sides are numbers."""

TEXTS = (
    "gender", "person_kind", "lifecycle_stage", "email_domain", "city", "postal_code", "region", "country", "company",
    "visiting_company", "job_title", "occupation", "income_band", "owner", "acquisition_source", "supplier", "campaign", "form",
    "heard_via", "exclusive", "lead_status", "utm_source", "utm_medium", "utm_campaign",
)  # fmt: skip
NUMBERS = (
    "age", "loyalty_points", "session_count", "cart_value", "email_open_rate", "email_click_rate", "open_rate_vs_average",
    "days_since_created", "days_since_contact", "days_to_purchase_intent",
)  # fmt: skip
"""open_rate_vs_average: 1 is what people open on average. days_since_created: since they asked last, or were first seen.
days_since_contact: since they last did something themselves."""

AGEING = ("days_since_created", "days_since_contact")
"""Attributes that say themselves how long ago something was."""

PREFIXES = ("trait", "times", "days_since")
"""`trait.<column>`, a further column of contacts or leads; `times.<action>|<action>` and `days_since.<action>`, what they did."""
SUMS = ("seconds.visit", "pages.visit")

ACTIONS = (
    "visit", "form", "order", "review", "survey", "referral", "subscription_started",
    "event_registered", "event_attended", "event_missed", "call_answered", "call_missed",
    *(f"email_{kind}" for kind in ("delivered", "opened", "clicked", "replied", "bounced", "unsubscribed", "complained")),
    *(f"{channel}_{kind}" for channel in ("sms", "whatsapp", "push")
      for kind in ("sent", "delivered", "opened", "clicked", "replied", "stop")),
    *(f"social_{kind}" for kind in ("like", "comment", "share", "follow", "mention", "form")),
)  # fmt: skip
"""Names of our own in scores.actions; events of the site go by theirs."""

_NUMERIC = ("=", "!=", ">", ">=", "<", "<=", "between", "known", "unknown")
_TEXTUAL = ("=", "!=", "in", "not_in", "contains", "starts_with", "known", "unknown")
OPERATORS: dict[Kind, tuple[str, ...]] = {
    "text": _TEXTUAL,
    "number": _NUMERIC,
    "either": tuple(dict.fromkeys(_TEXTUAL + _NUMERIC)),
}


def kind_of(attribute: str) -> Kind | None:
    """What the values of an attribute are; None where there is no such attribute."""
    if attribute in TEXTS:
        return "text"
    if attribute in NUMBERS or attribute in SUMS:
        return "number"
    prefix, dot, name = attribute.partition(".")
    if not dot or prefix not in PREFIXES or not name:
        return None
    return "either" if prefix == "trait" else "number"


def actions_of(attribute: str) -> list[str]:
    """The actions that `times.…` or `days_since.…` speaks of."""
    prefix, _, names = attribute.partition(".")
    return [name.strip() for name in names.split("|")] if prefix in ("times", "days_since") else []


def has_date(attribute: str) -> bool:
    """Whether an attribute tells how long ago something was, so that its points can lose weight with time."""
    return attribute in AGEING or attribute in SUMS or bool(actions_of(attribute))


def looks_like_ours(action: str) -> bool:
    """Whether an action is written like one of ACTIONS rather than like an event of a site."""
    return re.fullmatch(r"[a-z]+(_[a-z]+)+", action) is not None


def known_attributes() -> list[str]:
    return [*TEXTS, *NUMBERS, *SUMS, *(f"{prefix}.…" for prefix in PREFIXES)]
