"""The seeds behind the customer score (customer_weights, customer_tiers), and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from dagster_project.config_file import near_miss
from dagster_project.errors import RelanceError
from dagster_project.seed_rows import Row, seed_path, seed_rows
from dagster_project.settings import Settings

CRITERIA = (
    "average_basket", "orders", "rhythm", "first_order", "last_order", "email_opens", "events_attended", "site_actions",
)  # fmt: skip
TIERS = ("1", "2", "3", "4", "5")


def wrong_customer_weights(settings: Settings) -> list[RelanceError]:
    """Everything wrong with weights and tiers, with its line."""
    return [*_weights(settings), *_tiers(settings)]


def _weights(settings: Settings) -> Iterator[RelanceError]:
    seen: set[str] = set()
    total = Decimal(0)
    for row in seed_rows(settings, "customer_weights"):
        told = row.values
        if told["criterion"] not in CRITERIA:
            what = f"There is no criterion `{told['criterion']}`{near_miss(told['criterion'], CRITERIA)}"
            yield RelanceError(what, row.where, f"write one of {', '.join(CRITERIA)}")
        elif told["criterion"] in seen:
            yield RelanceError(f"The criterion `{told['criterion']}` stands twice", row.where, "keep one of them")
        seen.add(told["criterion"])
        weight = _number(row, "weight")
        if weight is None or not 0 <= weight <= 1000:
            yield RelanceError("`weight` is no number from 0 to 1000", row.where, "weights are shares of the whole: 20 of 100")
        else:
            total += weight
        bounds = [_number(row, name) for name in ("low", "high")]
        if any(told[name] and bound is None for name, bound in zip(("low", "high"), bounds, strict=True)):
            yield RelanceError("A bound is no number", row.where, "correct it, or leave `low` and `high` empty for percentiles")
        elif (bounds[0] is None) != (bounds[1] is None):
            yield RelanceError("One bound is missing", row.where, "fill in both `low` and `high`, or neither")
        elif bounds[0] is not None and bounds[0] == bounds[1]:
            yield RelanceError("Both bounds are the same", row.where, "`low` earns nothing, `high` all of the weight")
    if not total:
        where = f"{seed_path(settings, 'customer_weights')}:1"
        yield RelanceError("No criterion has any weight, so no customer would have a score", where, "give one of them a weight")


def _tiers(settings: Settings) -> Iterator[RelanceError]:
    found: dict[str, Decimal] = {}
    for row in seed_rows(settings, "customer_tiers"):
        tier, bound = row.values["tier"], _number(row, "at_least")
        if tier not in TIERS or tier in found:
            yield RelanceError("The row names no tier of its own", row.where, "there are five, from 1 (best) to 5")
        elif bound is None or not 0 <= bound <= 100:
            yield RelanceError("`at_least` is no score from 0 to 100", row.where, "correct it")
        else:
            found[tier] = bound
    bounds = [found.get(tier) for tier in TIERS]
    known = [bound for bound in bounds if bound is not None]
    if None in bounds or known != sorted(known, reverse=True) or len(set(known)) < len(known) or known[-1] != 0:
        where = f"{seed_path(settings, 'customer_tiers')}:1"
        yield RelanceError("The tiers are no ladder", where, "write all five, `at_least` falling from tier 1 to 0 in tier 5")


def _number(row: Row, column: str) -> Decimal | None:
    try:
        number = Decimal(row.values[column])
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**14 else None
