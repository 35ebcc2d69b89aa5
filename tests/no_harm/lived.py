"""The histories, delivered over three runs of the whole pipeline, and what stood after each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import duckdb
from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.run import run_project
from dagster_project.settings import Settings, load_settings

from .exports import Destinations, Line
from .facts import Known, known_people
from .landing import deliver, write_project
from .people import LAST, RUNS, Erased, Person, Record, written
from .pressure import Own
from .reports import Report, Reports
from .words import make_people, request

ERASED = 3
"""People erased before each run but the first."""


@dataclass
class After:
    """What stood after a run. `held` and `added`: activation → rows; `sent`: messages of earlier runs; `members`: audience →
    profile_id → kind and offers; `profiles`: identifier as `type:value` → profile_id; `told`: purchases that platforms know of,
    `newly_told` those that they were told of by this run.
    """

    run: int
    people: list[Person]
    held: dict[str, list[Line]]
    added: dict[str, list[Line]]
    sent: dict[int, list[Own]]
    members: dict[str, dict[str, tuple[str, frozenset[str]]]]
    profiles: dict[str, str]
    before: list[After]
    told: list[Report]
    newly_told: list[Report]

    @cached_property
    def known(self) -> dict[int, list[Known]]:
        """Person → who they are to the company at this run."""
        return {person.number: known_people(person, self.run) for person in self.people}

    def of_line(self, line: Line) -> Known | None:
        """Whom a row means; None where the company should know nobody by its addresses any more."""
        found = [known for known in self.known[line.person] if known.ids & line.addresses]
        if line.addresses:
            return found[0] if found else None
        return next((known for known in self.known[line.person] if known.of("contacts") or known.of("leads")), None)

    def names(self, known: Known, audience: str) -> set[str]:
        """By what names the warehouse draws somebody's holdout: today's, and those they bore in the audience before."""
        asked = [key for one in known.ids for key in _keys(one)]
        today = {self.profiles[key] for key in asked if key in self.profiles}
        former = {before.profiles[key] for before in self.before for key in asked if key in before.profiles}
        return today | {name for before in self.before for name in former if name in before.members.get(audience, {})}

    def entered(self, known: Known, audience: str) -> datetime | None:
        """Since when somebody has been in an audience without a break."""
        since = None
        for after in (*self.before, self):
            names = {after.profiles[key] for one in known.ids for key in _keys(one) if key in after.profiles}
            is_in = bool(names & after.members.get(audience, {}).keys())
            since = (since or RUNS[after.run]) if is_in else None
        return since


@dataclass
class Lived:
    people: list[Person]
    settings: Settings
    after: list[After] = field(default_factory=list)
    removed: int = 0
    unknown: list[str] = field(default_factory=list)
    foreign: int = 0

    def lines(self) -> Iterator[tuple[After, Line]]:
        """Every row that a destination held after any run."""
        for after in self.after:
            for lines in after.held.values():
                for line in lines:
                    yield after, line


def live(folder: Path, seed: int, count: int, runs: Sequence[int] = range(len(RUNS))) -> Lived:
    """Let people live: land their files, run, erase, acknowledge, and so on.

    Args:
        runs: those of RUNS that are made; what lands before another lands before the next of these.
    """
    people = make_people(seed, count)
    write_project(folder)
    settings = load_settings(folder)
    lived, destinations = Lived(people, settings), Destinations(settings.exports_path, people)
    reports = Reports(settings.exports_path, people)
    for place, run in enumerate(runs):
        deliver(folder, people, range(runs[place - 1] + 1 if place else 0, run + 1))
        outcome = run_project(settings, RUNS[run])
        assert outcome.succeeded, [check.name for check in outcome.summary.failed_checks]
        sent = defaultdict(list)
        for number, *message in destinations.sent:
            sent[number].append(tuple(message))
        destinations.read_new()
        reports.read_new()
        held, added = (
            {name: list(rows.values()) for name, rows in found.items()} for found in (destinations.held, destinations.added)
        )
        told = (list(reports.held.values()), reports.added)
        lived.after.append(After(run, people, held, added, dict(sent), *_read(settings), lived.after[:], *told))
        if place + 1 < len(runs):
            _erase_some(folder, people, lived.after[-1], runs[place + 1])
            _acknowledge(people, destinations, runs[place + 1])
    lived.removed, lived.unknown, lived.foreign = destinations.removed, destinations.unknown, reports.foreign
    return lived


def _keys(one: str) -> list[str]:
    """An identifier as the warehouse has it, `type:value`; one number is the login's, the customer's and the contact's."""
    kind, _, value = one.partition(":")
    types = {"device": ["anonymous_id"], "account": ["user_id", "customer_id", "contact_id"], "contact": ["contact_id"]}
    types |= {"lead": ["lead_id"], "order": []}
    return [f"{name}:{value}" for name in types.get(kind, [kind])]


def _erase_some(folder: Path, people: list[Person], after: After, run: int) -> None:
    """Erase some of whom platforms hold, by the command and by a request that lands; other systems tell of them again."""
    on_lists = {line.person for name in ("brevo_carts", "meta_cart_abandoners") for line in after.held.get(name, [])}
    chosen = [people[number] for number in sorted(on_lists) if people[number].erased is None][:ERASED]
    for place, person in enumerate(chosen):
        again = [
            record for record in person.records if record.entity in ("contacts", "orders", "consents", "events", "email_events")
        ]
        if place % 2 and run < LAST:
            person.erased = Erased(RUNS[run] - timedelta(minutes=1), run, run)
            request(person, person.erased.asked, run)
        else:
            result = CliRunner().invoke(main, ["erase", person.emails[0].upper(), "--config", str(folder), "--yes"])
            assert result.exit_code == 0, result.output
            # The command asks as of now, which is later than all they did.
            person.erased = Erased(datetime.max, run, after.run)
        person.records += [Record(LAST, one.entity, one.at, one.ids, {"sent": "again"} | one.row) for one in again]


def _acknowledge(people: list[Person], destinations: Destinations, run: int) -> None:
    """The mailing tool tells what became of the messages of sequences: delivered, and sometimes answered."""
    for place, (number, address, at, _) in enumerate(destinations.sent):
        moment = datetime.fromisoformat(at.rstrip("Z")) + timedelta(hours=1)
        if moment > RUNS[run] or not address.startswith("email:") or place % 10 == 9 or people[number].erased:
            continue
        for kind in ("delivered", *(["replied"] if place % 10 == 8 else [])):
            row = {
                "event_id": f"ack{run}-{place}-{kind}",
                "email": address.partition(":")[2],
                "type": kind,
                "occurred_at": written(moment),
            }
            row["campaign_id"] = f"step{place}"
            people[number].records.append(Record(run, "email_events", moment, (address,), row))


def _read(settings: Settings) -> tuple[dict, dict]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as con:
        members: defaultdict[str, dict] = defaultdict(dict)
        for audience, kind, profile, offers in con.execute(
            "select audience, kind, profile_id, offers from audiences.members"
        ).fetchall():
            members[audience][profile] = (kind, frozenset(offers or []))
        rows = con.execute("select identifier_type || ':' || identifier, profile_id from identity.identifiers").fetchall()
    return dict(members), dict(rows)
