"""Mistakes in the seeds that tell channels: channel_rules, referrers, payment_providers and tracking_numbers."""

from __future__ import annotations

from collections.abc import Iterator

from dagster_project.errors import RelanceError
from dagster_project.seed_rows import Row, seed_rows
from dagster_project.settings import Settings

CHANNELS = (
    "direct", "organic_search", "paid_search", "paid_social", "organic_social", "email", "sms", "push", "whatsapp", "referral",
    "affiliate", "display", "video", "shopping", "cross_network", "influencer", "lead_supplier", "event", "phone", "promo_code",
    "partner", "other",
)  # fmt: skip
KINDS = ("search", "social", "video", "shopping", "mail", "ai", "display", "other")
CONDITIONS = ("source_kind", "source", "medium", "campaign")


def wrong_channel_seeds(settings: Settings) -> list[RelanceError]:
    """Every mistake, with its line: what would give credit to a channel that no table knows, or never be looked at."""
    mistakes = [*_wrong_rules(list(seed_rows(settings, "channel_rules")))]
    for row in seed_rows(settings, "referrers"):
        if row["kind"] not in KINDS:
            mistakes.append(_unknown("kind", row, KINDS))
        mistakes += _wrong_domain("referrer", row, words=True)
    for row in seed_rows(settings, "payment_providers"):
        mistakes += _wrong_domain("domain", row)
    return [*mistakes, *_wrong_numbers(list(seed_rows(settings, "tracking_numbers")))]


def _wrong_numbers(rows: list[Row]) -> Iterator[RelanceError]:
    places: dict[str, str] = {}
    for row in rows:
        figures = "".join(sign for sign in row["number"] if sign.isdigit())
        if len(figures) < 3:
            yield RelanceError(f"`{row['number']}` is no telephone number", row.where, "write it as +33 1 44 55 66 77")
        elif figures in places:
            what = f"`{row['number']}` stands here twice: {places[figures]}"
            yield RelanceError(what, row.where, "give each place its own number")
        places.setdefault(figures, row.where)


def _wrong_rules(rows: list[Row]) -> Iterator[RelanceError]:
    places: dict[str, str] = {}
    for row in rows:
        if row["channel"] not in CHANNELS:
            yield _unknown("channel", row, CHANNELS)
        if row["source_kind"] and row["source_kind"].lower() not in KINDS:
            yield _unknown("source_kind", row, KINDS)
        if row["position"] in places:
            what = f"Position {row['position']} is taken by another rule: {places[row['position']]}"
            yield RelanceError(what, row.where, "give each rule its own")
        places.setdefault(row["position"], row.where)
    numbered = sorted((int(row["position"]), row.where, row) for row in rows if row["position"].isdecimal())
    for _, _, row in numbered[:-1]:
        if not any(row[name] for name in CONDITIONS):
            yield RelanceError(
                "The rule asks for nothing, so that no rule below it is looked at", row.where, "fill in a cell of it"
            )


def _wrong_domain(column: str, row: Row, words: bool = False) -> Iterator[RelanceError]:
    told = row[column].lower()
    if not told or "/" in told or " " in told or (not words and "." not in told) or "*" in told.removesuffix(".*"):
        how = "write example.com or, for all its countries, example.*"
        yield RelanceError(f"`{row[column]}` is no domain", row.where, how)


def _unknown(column: str, row: Row, known: tuple[str, ...]) -> RelanceError:
    return RelanceError(f"`{row[column]}` is no {column}", row.where, f"write one of {', '.join(known)}")
