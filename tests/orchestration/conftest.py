"""A small company with ten customers, and its whole pipeline run once for all tests of this folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_project.definitions import build_definitions
from dagster_project.run import RunResult, run_job
from dagster_project.settings import Settings, load_settings

AS_OF = "2026-06-30"

CONFIG = """\
company: {name: Small Shop, currency: EUR, timezone: Europe/Paris, country: FR}
as_of: 2026-06-30
warehouse: {memory_limit: 1GB, threads: 2}
"""


def write_company(base: Path) -> Settings:
    """Ten customers with orders and consents, of whom four left a cart; one row that can't be used."""
    files = {
        "contacts": ["contact_id,email,phone,first_name,last_name,country,created_at"],
        "orders": ["order_id,customer_id,email,ordered_at,status,currency,total"],
        "order_lines": ["order_id,line_id,product_id,quantity,unit_price"],
        "products": ["product_id,title,price,currency", "p1,Vase,20.00,EUR", "p2,Lamp,60.00,EUR"],
        "consents": ["identifier_type,identifier,purpose,status,occurred_at"],
    }
    events = []
    for number in range(1, 11):
        email = f"person{number}@example.com"
        files["contacts"].append(f"c{number},{email},+3360000{number:04},Ann{number},Lee,FR,2026-01-0{1 + number % 9}T10:00:00Z")
        for purpose in ("ads", "platform_matching", "ad_user_data", "ad_personalization", "email", "trackers", "profiling"):
            files["consents"].append(f"email,{email},{purpose},granted,2026-01-15T00:00:00Z")
        for order in range(1 + number % 3):
            order_id = f"o{number}-{order}"
            files["orders"].append(
                f"{order_id},c{number},{email},2026-0{2 + order}-1{number % 10}T12:00:00Z,paid,EUR,{20 * number}.50"
            )
            files["order_lines"].append(f"{order_id},1,p{1 + number % 2},1,20.00")
        if number <= 4:
            cart = {"product_id": "p2", "price": 60, "quantity": 1, "currency": "EUR"}
            for minute, name in enumerate(("Product Viewed", "Product Added")):
                event = {
                    "message_id": f"m{number}-{minute}",
                    "type": "track",
                    "event": name,
                    "anonymous_id": f"a{number}",
                    "user_id": f"c{number}",
                }
                events.append(event | {"timestamp": f"2026-06-28T09:0{minute}:00Z", "properties": cart})
    files["orders"].append("o-bad,c1,person1@example.com,,paid,EUR,10.00")
    landing = base / "landing" / "generic"
    for entity, lines in files.items():
        (landing / entity).mkdir(parents=True)
        (landing / entity / "2026-06-29.csv").write_text("\n".join(lines) + "\n")
    (landing / "events").mkdir()
    (landing / "events" / "2026-06-29.ndjson").write_text("".join(json.dumps(event) + "\n" for event in events))
    (base / "relance.yml").write_text(CONFIG)
    return load_settings(base)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The small company before anything ran: for tests that only look at definitions."""
    return write_company(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="session")
def definitions(company: Settings) -> dg.Definitions:
    return build_definitions(company)


@pytest.fixture(scope="session")
def manifest(company: Settings, definitions: dg.Definitions) -> dict[str, Any]:
    return json.loads((company.state_path / "dbt" / "target" / "manifest.json").read_bytes())


class Lines:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def step(self, what: str) -> None:
        self.lines.append(what)

    detail = step


@pytest.fixture
def lines() -> Lines:
    return Lines()


@dataclass(frozen=True)
class Ran:
    """The company's pipeline after its first run, and what a second run with nothing new did."""

    settings: Settings
    first: RunResult
    again: RunResult
    lines: list[str]
    """Progress of the second run."""


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    settings = write_company(tmp_path_factory.mktemp("ran"))
    first = run_job(settings)
    lines = Lines()
    return Ran(settings, first, run_job(settings, progress=lines), lines.lines)


@pytest.fixture
def spoilable(ran: Ran, tmp_path: Path) -> Iterator[Settings]:
    """The company after its first runs, to be changed at will: the folder is put back afterwards."""
    base, kept = ran.settings.base, tmp_path / "kept"
    shutil.copytree(base, kept, symlinks=True)
    yield ran.settings
    shutil.rmtree(base)
    shutil.copytree(kept, base, symlinks=True)
