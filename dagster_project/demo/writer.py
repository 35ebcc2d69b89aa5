"""`relance demo`: write the whole project folder of the demo shop, or nothing."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from dagster_project.demo import back_office, crm, engagement, interest, prospecting, sales, voices
from dagster_project.demo.addresses import device_addresses, write_companies
from dagster_project.demo.appearances import Appearances
from dagster_project.demo.delivery import deliver_events, late_rows, resend
from dagster_project.demo.event_text import anonymous_ids, event_table, identified_by_phone
from dagster_project.demo.events import IDENTIFY, add_bots, make_events
from dagster_project.demo.facts import together
from dagster_project.demo.files import Landing, TruthFiles
from dagster_project.demo.orders import make_orders
from dagster_project.demo.people import CUSTOMER, PROSPECT, TESTER, make_people
from dagster_project.demo.plan import Plan
from dagster_project.demo.projects import demo_settings
from dagster_project.demo.reference import write_reference
from dagster_project.demo.sessions import make_owners, make_sessions
from dagster_project.demo.truth import Truth
from dagster_project.demo.truth_guide import TRUTH_README
from dagster_project.demo.truth_messages import write_messages
from dagster_project.demo.truth_remarketing import write_remarketing
from dagster_project.errors import RelanceError

PARTIAL = ".demo-partial"
"""Folder in which a demo grows; while it exists, the demo around it is not complete."""
TOTALS = "truth/totals.json"


@dataclass(frozen=True)
class DemoSummary:
    """What stands in the folder now."""

    directory: Path
    created: bool
    """False when the same demo was already there and was left alone."""
    totals: dict[str, Any]
    """The content of truth/totals.json."""


def write_demo(
    directory: Path | str, customers: int = 5_000, events: int = 150_000, seed: int = 1, until: date = date(2026, 6, 30)
) -> DemoSummary:
    """Write relance.yml, landing/ and truth/ of a synthetic shop.

    The content depends on the four parameters alone. Everything is written into a hidden folder first and moved into place
    at the end, relance.yml last, so an interrupted run leaves nothing that looks like a demo and is simply begun again.

    Args:
        directory: made when missing; may hold nothing but an earlier demo.
        customers: people who ordered at least once.
        events: web events; there are about a tenth as many people, known and anonymous.
        seed: another seed gives another shop.
        until: last day of the shop's history, at whose end (Paris time) the demo's clock stands still.

    Raises:
        RelanceError: a parameter is out of range, or the folder holds something else.
    """
    plan = Plan(customers, events, seed, until)
    directory = Path(directory)
    present = _existing(directory, plan)
    if present is not None:
        return DemoSummary(directory, created=False, totals=present)

    partial = directory / PARTIAL
    (directory / "relance.yml").unlink(missing_ok=True)
    for name in ("landing", "truth", PARTIAL):  # the mark of an unfinished demo goes last
        if (directory / name).exists():
            shutil.rmtree(directory / name)
    partial.mkdir(parents=True)
    totals = _write_content(plan, partial)
    (partial / TOTALS).write_text(json.dumps(totals, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (partial / "relance.yml").write_text(demo_settings(plan.until), encoding="utf-8")
    for name in ("landing", "truth", "relance.yml"):
        (partial / name).replace(directory / name)
    partial.rmdir()
    return DemoSummary(directory, created=True, totals=totals)


def _existing(directory: Path, plan: Plan) -> dict[str, Any] | None:
    """Totals of the same demo if it stands there complete; None if there is room for a new one."""
    if not directory.exists():
        return None
    if not directory.is_dir():
        raise RelanceError("A file is in the way of the demo's folder", str(directory), "name another folder")
    if (directory / PARTIAL).is_dir() or not any(directory.iterdir()):
        return None
    how = "name another folder, or empty this one first"
    try:
        totals = json.loads((directory / TOTALS).read_text(encoding="utf-8"))
        parameters = totals["parameters"]
    except (OSError, ValueError, KeyError, TypeError):
        raise RelanceError("The folder is not empty and holds no demo", str(directory), how) from None
    if parameters != plan.parameters:
        raise RelanceError("The folder holds a demo made with other parameters", str(directory), how)
    for name in ("relance.yml", "landing"):
        if not (directory / name).exists():
            raise RelanceError(f"The demo in this folder has lost its `{name}`", str(directory), how)
    return totals


def _write_content(plan: Plan, folder: Path) -> dict[str, Any]:
    landing, truth = Landing(folder / "landing"), TruthFiles(folder / "truth")
    sums: Counter = Counter()
    try:
        spent = write_reference(plan, landing)
        write_companies(plan, landing)
        for shard in range(plan.shards):
            sums.update(_write_shard(plan, shard, landing, truth))
    finally:
        landing.close()
        truth.close()
    resend(plan, landing)
    (folder / "truth" / "README.md").write_text(TRUTH_README, encoding="utf-8")
    return _totals(plan, landing, truth, sums, spent, folder / "truth")


def _write_shard(plan: Plan, shard: int, landing: Landing, files: TruthFiles) -> dict[str, int]:
    """Generate and write one part of the people with everything they did. Returns its sums."""
    people = make_people(plan, shard)
    orders = make_orders(plan, shard, people)
    owners = make_owners(plan, shard, people)
    sessions = add_bots(plan, shard, make_sessions(plan, shard, people, orders, owners), owners)
    events = make_events(plan, shard, people, sessions, owners)
    seen = Appearances(len(people))

    addresses = device_addresses(plan, shard, people, sessions, owners)
    table = event_table(plan, shard, people, orders, sessions, owners, events, addresses)
    deliver_events(plan, shard, landing, events, table)
    says = events.kind == IDENTIFY
    seen.of("email", events.owner[says])
    seen.of("phone", events.owner[says & identified_by_phone(table)])
    del table

    back_office.write_orders(plan, shard, landing, people, orders, seen)
    reviews = back_office.write_reviews(plan, shard, landing, people, orders, seen)
    subscriptions = back_office.write_subscriptions(plan, shard, landing, people, orders, seen)
    first_order = np.zeros(len(people), dtype=np.int64)
    first_order[orders.person[::-1]] = orders.at[::-1]
    voices.write_surveys(plan, shard, landing, people, orders, seen)
    voices.write_referrals(plan, shard, landing, people, first_order, seen)
    crm.write_contacts(plan, shard, landing, people, seen)
    leads = prospecting.write_leads(plan, shard, landing, people, seen, first_order)
    leads = together(leads, sales.write_callbacks(plan, shard, landing, people, seen))
    calls = sales.write_calls(plan, shard, landing, people, leads)
    registrations = prospecting.write_registrations(plan, shard, landing, people, seen)
    attitude = engagement.attitudes(plan, shard, people)
    devices = anonymous_ids(plan, shard, sessions)
    left = engagement.write_email_events(plan, shard, landing, people, attitude, seen)
    statements = engagement.write_consents(plan, shard, landing, people, owners, sessions, devices, attitude, left, seen)
    statements = statements.joined(sales.lead_statements(people, leads))
    statements = interest.write_ads_answers(plan, shard, landing, owners, sessions, devices, statements)
    downloads = interest.write_downloads(plan, shard, landing, people, sessions, owners, events, devices)
    social = interest.write_social(plan, shard, landing, people, seen)
    trials = interest.write_trials(plan, shard, landing, people, seen)
    for kind in (PROSPECT, CUSTOMER):
        registrations = together(registrations, prospecting.write_tasting(plan, shard, landing, people, seen, kind))

    truth = Truth(plan, shard, files, people, orders, owners, sessions, events)
    truth.write_people()
    truth.write_devices(devices, addresses)
    truth.write_identifiers(seen, devices, np.unique(events.owner[events.logged_in]))
    abandoned, carts = truth.write_carts()
    truth.write_product_viewers()
    truth.write_consent(statements)
    truth.write_visits()
    truth.write_rows("leads", (leads[0], leads[1] | calls))
    truth.write_rows("registrations", registrations)
    truth.write_rows("downloads", downloads)
    truth.write_rows("social_interactions", social)
    truth.write_rows("trials", trials)
    due = write_remarketing(plan, files, people, orders, subscriptions, reviews)
    write_messages(plan, files, truth.owner_id, carts, leads, registrations, due, orders)
    return truth.write_buyers() | {
        "events": len(events),
        "late_events": late_rows(events),
        "bot_events": int((events.owner >= owners.first_bot).sum()),
        "known_people": int((people.kind != TESTER).sum()),
        "anonymous_people": owners.anonymous,
        "household_devices": owners.households,
        "bots": owners.bots,
        "minors": int(people.is_minor(plan).sum()),
        "abandoned_carts": abandoned,
    }


def _totals(
    plan: Plan, landing: Landing, truth: TruthFiles, sums: Counter, spent: dict[str, int], folder: Path
) -> dict[str, Any]:
    """The content of totals.json; writes files.csv, malformed.csv and duplicates.csv on the way."""
    entities: dict[str, Counter] = {}
    listed, spoiled, repeated = [], [], []
    for path, book in sorted(landing.books.items()):
        bad, twice = len(book.malformed), sum(book.duplicates.values())
        listed.append([path, book.source, book.entity, book.rows, bad, twice])
        spoiled += [[path, line, reason] for line, reason in book.malformed]
        repeated += [[path, kind, rows] for kind, rows in sorted(book.duplicates.items()) if rows]
        sizes = {"written": book.rows, "malformed": bad, "duplicates": twice, "unique": book.rows - bad - twice}
        entities.setdefault(f"{book.source}.{book.entity}", Counter()).update(sizes)
    _write_csv(folder / "files.csv", ["file", "source", "entity", "rows", "malformed", "duplicates"], listed)
    _write_csv(folder / "malformed.csv", ["file", "line", "reason"], spoiled)
    _write_csv(folder / "duplicates.csv", ["file", "kind", "rows"], repeated)
    money = {name: str(Decimal(sums.pop(name)).scaleb(-6)) for name in ("gross_revenue", "net_revenue")}
    return {
        "parameters": plan.parameters,
        "as_of": datetime.fromtimestamp(plan.as_of / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "currency": "EUR",
        **dict(sums),
        **money,
        "ad_spend": {platform: str(Decimal(cents).scaleb(-2)) for platform, cents in spent.items()},
        "entities": {name: dict(sizes) for name, sizes in sorted(entities.items())},
        "truth_rows": dict(sorted(truth.rows.items())),
    }


def _write_csv(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
