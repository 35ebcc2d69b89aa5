"""The rows of histories as files of the generic formats, one delivery per run."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .people import PRODUCTS, Person, Record

SETTINGS = """\
company: {name: Test shop, currency: EUR, timezone: Europe/Paris, country: FR}
identity: {user_id_is: [customer_id, contact_id]}
traffic: {staff_domains: [staff.example.org]}
holdout: {overall: 0.02}
"""

ACTIVATIONS = {
    "brevo_carts": ("brevo", "cart_abandoners", "full"),
    "brevo_checkouts": ("brevo", "checkout_abandoners", "delta"),
    "brevo_visitors": ("brevo", "visitors_30_days", "delta"),
    "brevo_cross_sell": ("brevo", "cross_sell", "delta"),
    "meta_visitors": ("meta_custom_audience", "visitors_30_days", "full"),
    "calls_hot_leads": ("call_list", "hot_leads", "full"),
}
"""Beside those that ship: name → destination, audience, mode."""
KEYS = {
    "brevo": "email, first_name",
    "meta_custom_audience": "email, phone, first_name, last_name",
    "call_list": "phone, first_name",
}


def write_project(folder: Path) -> None:
    """relance.yml, the catalogue and activations of the company's own."""
    (folder / "landing").mkdir(parents=True)
    (folder / "activations").mkdir()
    (folder / "relance.yml").write_text(SETTINGS, encoding="utf-8")
    for name, (destination, audience, mode) in ACTIVATIONS.items():
        told = {"name": name, "description": f"{audience} for {destination}.", "destination": destination, "audience": audience}
        lines = [*(f"{key}: {value}" for key, value in told.items()), f"mode: {mode}", f"match_keys: [{KEYS[destination]}]"]
        (folder / "activations" / f"{name}.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = [
        {"product_id": product, "title": product, "category": category, "tier": tier, "price": price, "currency": "EUR"}
        for product, (category, tier, price) in PRODUCTS.items()
    ]
    _write_csv(folder / "landing/generic/products/all.csv", rows)


def deliver(folder: Path, people: Iterable[Person], runs: range) -> None:
    """Write the files that land before these runs."""
    for run in runs:
        _write_rows(folder, (record for person in people for record in person.records if record.run == run), f"run{run}")


def _write_rows(folder: Path, records: Iterable[Record], name: str) -> None:
    entities: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        entities[record.entity].append(record.row)
    for entity, rows in entities.items():
        base = folder / "landing" / "generic" / entity
        if entity == "events":
            base.mkdir(parents=True, exist_ok=True)
            (base / f"{name}.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        else:
            _write_csv(base / f"{name}.csv", rows)


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
