"""A warehouse with just what a feed reads, and what the destination holds after it has taken every file."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

from dagster_project.activation.build import ActivationResult
from dagster_project.activation.feeds import Bounds, Feed, read_feeds
from dagster_project.settings import Company, Settings
from tests.activation.activation_shop import Shop, rows


@functools.cache
def shipped_feeds() -> dict[str, Feed]:
    nowhere = Settings(company=Company(name="Shop", currency="EUR", timezone="Europe/Paris", country="FR"))
    nowhere._base = Path("/nonexistent")
    return {feed.name: feed for feed in read_feeds(nowhere)}


def feed(name: str, shrink: float | None = None, **rules: Any) -> Feed:
    """A shipped feed; parts of its destination (`records`, `consent`, `limits`, `membership`) with other fields."""
    shipped = shipped_feeds()[name]
    destination = shipped.destination
    for part, changes in rules.items():
        destination = destination.model_copy(update={part: getattr(destination, part).model_copy(update=changes)})
    bounds = shipped.bounds if shrink is None else Bounds(shrink=shrink)
    return dataclasses.replace(shipped, destination=destination, bounds=bounds)


def tell(shop: Shop, feed: Feed, records: list[dict[str, Any]]) -> None:
    """Let the feed's model say these records, in place of what it said."""
    names = feed.model.columns
    kinds = {"is_withdrawn": "boolean", "since": "timestamp"}
    shop.con.execute("create schema if not exists feeds")
    columns = ", ".join(f'"{name}" {kinds.get(name, "varchar")}' for name in names)
    shop.con.execute(f"create or replace table feeds.{feed.model.name} ({columns})")
    if records:
        marks = ", ".join(["(" + ", ".join("?" * len(names)) + ")"] * len(records))
        cells = [record.get(name) for record in records for name in names]
        shop.con.execute(f"insert into feeds.{feed.model.name} values {marks}", cells)


def export(shop: Shop, feed: Feed, records: list[dict[str, Any]], **options: Any) -> ActivationResult:
    """What a run makes of these records."""
    tell(shop, feed, records)
    return shop.run(feed, **options)


class Tool:
    """Whoever takes the files: first those to remove, then those to add, or the full file in place of all."""

    def __init__(self, delimiter: str = ","):
        self.delimiter = delimiter
        self.held: set[str] = set()

    def take(self, result: ActivationResult) -> None:
        """The first column is what it knows a row by."""
        gone, new, full = ({row[0] for row in rows(result, f"{name}.csv", self.delimiter)} for name in ("remove", "add", "full"))
        self.held = full or (self.held - gone) | new


def refusal(address: str, **more: Any) -> dict[str, Any]:
    return {"record_key": address, "email": address, "phone": address, "is_withdrawn": False} | more


def product(number: int, **more: Any) -> dict[str, Any]:
    """A product that every catalogue takes."""
    return {
        "record_key": f"P{number}", "product_id": f"P{number}", "title": f"Coffee {number}", "description": "Whole beans",
        "link": f"https://shop.example.com/p/{number}", "image_link": f"https://shop.example.com/i/{number}.jpg",
        "availability": "In stock", "price": "12.9000 EUR", "condition": "new", "brand": "Théodora",
    } | more  # fmt: skip


def contact(number: int, **more: Any) -> dict[str, Any]:
    return {
        "record_key": f"generic:{number}", "profile_id": f"p{number:04d}", "source": "generic", "contact_id": f"C{number}",
        "lifecycle_stage": "customer", "customer_score": "40", "customer_tier": "middle", "email_consent": "granted",
    } | more  # fmt: skip
