"""What is wrong with the landed files on purpose: every broken row and every repetition is counted."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from datetime import datetime

import phonenumbers
import pyarrow.parquet as pq
from demo_reading import csv_rows, events

from dagster_project.demo import DemoSummary

_REQUIRED = {
    "orders": ["order_id", "ordered_at", "total"],
    "order_lines": ["order_id", "line_id", "product_id", "quantity", "unit_price"],
    "contacts": ["contact_id"],
    "leads": ["lead_id", "created_at"],
    "email_events": ["event_id", "email", "type", "occurred_at"],
    "consents": ["identifier_type", "identifier", "purpose", "status", "occurred_at"],
    "exchange_rates": ["date", "from_currency", "to_currency", "rate"],
}
_NUMBERS, _TIMES = {"total", "rate", "unit_price"}, {"ordered_at", "created_at", "occurred_at"}


def _readable(column: str, value: str) -> bool:
    try:
        if column in _NUMBERS:
            float(value)
        if column in _TIMES:
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return bool(value)


def _broken_csv(text: str, entity: str) -> list[int]:
    rows = csv.reader(io.StringIO(text))
    header = next(rows)
    broken = []
    for line, row in enumerate(rows, start=2):
        named = dict(zip(header, row, strict=False))
        if len(row) != len(header) or not all(_readable(column, named[column]) for column in _REQUIRED.get(entity, [])):
            broken.append(line)
    return broken


def _broken_json(lines: list[bytes]) -> list[int]:
    broken = []
    for line, text in enumerate(lines, start=1):
        try:
            row = json.loads(text)
            datetime.fromisoformat(row["timestamp"])
            _ = row["messageId"], row["event"] if row["type"] == "track" else None
        except (ValueError, KeyError):
            broken.append(line)
    return broken


def test_every_broken_row_is_listed_with_its_line(demo: DemoSummary) -> None:
    """Prevents a count of broken rows that a quarantine could not be compared with, row by row."""
    landing, found = demo.directory / "landing", []
    rows: dict[str, int] = {}
    for path in sorted(path for path in landing.rglob("*") if path.is_file()):
        name = path.relative_to(landing).as_posix()
        if path.suffix == ".parquet":
            table = pq.read_table(path).to_pylist()
            rows[name] = len(table)
            broken = [n for n, row in enumerate(table, start=1) if not (row["messageId"] and row["timestamp"] and row["type"])]
        else:
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            lines = content.splitlines()
            rows[name] = len(lines) - (".csv" in path.name)
            broken = _broken_csv(content.decode(), name.split("/")[1]) if ".csv" in path.name else _broken_json(lines)
        found += [(name, str(line)) for line in broken]
    with (demo.directory / "truth" / "malformed.csv").open(encoding="utf-8") as file:
        listed = [(row["file"], row["line"]) for row in csv.DictReader(file)]
    assert sorted(found) == sorted(listed)
    assert {name.rsplit(".", 1)[-1] for name, _ in listed} == {"csv", "gz", "parquet"}
    with (demo.directory / "truth" / "files.csv").open(encoding="utf-8") as file:
        assert {row["file"]: int(row["rows"]) for row in csv.DictReader(file)} == rows


def test_every_repeated_event_is_counted_in_its_file(demo: DemoSummary) -> None:
    """Prevents books that can't balance: a repeat that truth does not know of."""
    landing, seen, repeated = demo.directory / "landing", set(), Counter()
    for path in sorted((landing / "segment/events").rglob("*")):
        if path.suffix == ".parquet":
            ids = [
                row["messageId"]
                for row in pq.read_table(path).to_pylist()
                if row["messageId"] and row["timestamp"] and row["type"]
            ]
        elif path.suffix == ".gz":
            lines = gzip.decompress(path.read_bytes()).splitlines()
            broken = set(_broken_json(lines))
            ids = [json.loads(text)["messageId"] for line, text in enumerate(lines, start=1) if line not in broken]
        else:
            continue
        for message in ids:
            repeated[path.relative_to(landing).as_posix()] += message in seen
            seen.add(message)
    with (demo.directory / "truth" / "duplicates.csv").open(encoding="utf-8") as file:
        listed = Counter()
        kinds = set()
        for row in csv.DictReader(file):
            if row["file"].startswith("segment/"):
                listed[row["file"]] += int(row["rows"])
                kinds.add(row["kind"])
    assert +repeated == listed
    assert kinds == {"sender's retry", "overlapping file", "re-sent file"}
    assert len(seen) == demo.totals["events"]


def test_late_events_lie_in_later_folders(demo: DemoSummary) -> None:
    """Prevents a demo without late arrivals, or with arrivals after the clock stood still."""
    rows = list(events(demo.directory / "landing").values())
    late = [row for row in rows if row["receivedAt"].date() > row["timestamp"].date()]
    assert len(late) == demo.totals["late_events"] > 20
    as_of = datetime.fromisoformat(demo.totals["as_of"])
    assert all(row["timestamp"] <= row["receivedAt"] < as_of for row in rows)


def test_bots_are_faster_than_people(demo: DemoSummary) -> None:
    """Prevents bots that nothing tells from people: each of them looks at several products a second."""
    people = pq.read_table(demo.directory / "truth" / "people.parquet").to_pylist()
    bots = {row["truth_person_id"] for row in people if row["kind"] == "bot"}
    owners = pq.read_table(demo.directory / "truth" / "identifiers.parquet").to_pylist()
    devices = {row["identifier"] for row in owners if row["truth_person_id"] in bots}
    seconds = Counter(
        (row["anonymousId"], row["at"] // 1000) for row in events(demo.directory / "landing").values() if row.get("anonymousId")
    )
    assert {device for (device, _), count in seconds.items() if count > 2} == devices


def test_every_phone_is_a_valid_number_of_its_country(demo: DemoSummary) -> None:
    """Prevents numbers that the normaliser must refuse, for which truth would wait in vain."""
    identifiers = pq.read_table(demo.directory / "truth" / "identifiers.parquet").to_pylist()
    phones = [row["identifier"] for row in identifiers if row["identifier_type"] == "phone"]
    assert phones and all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones)
    regions = {phonenumbers.region_code_for_number(phonenumbers.parse(phone)) for phone in phones}
    assert regions == {"FR", "DE", "GB", "US"}


def test_the_crm_has_leap_day_birthdays_minors_and_numbers_in_several_notations(demo: DemoSummary) -> None:
    """Prevents a CRM too clean to try date, age and phone rules on."""
    contacts = list(csv_rows(demo.directory / "landing", "generic/contacts"))
    assert any(row["birth_date"].endswith("-02-29") for row in contacts)
    assert demo.totals["minors"] > 0
    notations = {row["phone"][:1] for row in contacts if row["phone"]}
    assert {"+", "0", "("} <= notations
    assert any(row["email"] != row["email"].strip() for row in contacts) and any(row["email"].isupper() for row in contacts)


def test_visits_carry_the_campaigns_that_the_ad_accounts_report(demo: DemoSummary) -> None:
    """Prevents spend that no visit can ever be matched with."""
    landing = demo.directory / "landing"
    visited = {row["context"].get("campaign", {}).get("name") for row in events(landing).values()}
    paid = {
        row["tracking_url_template"].partition("utm_campaign=")[2] for row in csv_rows(landing, "google_ads/campaign_history")
    }
    paid |= {row["name"] for row in csv_rows(landing, "facebook_ads/campaign_history")}
    assert paid and paid <= visited
    urls = [row["context"]["page"]["url"] for row in events(landing).values()]
    assert any("gclid=" in url for url in urls) and any("fbclid=" in url for url in urls)
