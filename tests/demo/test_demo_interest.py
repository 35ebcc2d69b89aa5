"""What is true of leads, registrations, downloads, likes and trials, worked out once more from the landed files alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest
from demo_reading import clean_email, csv_rows, events

from dagster_project.demo import DemoSummary

TABLES = {
    # truth: entity, who (type, column), moment in the file, moment in the truth
    "leads": ("leads", "lead_id", "lead_id", "created_at", "created_at"),
    "registrations": ("event_registrations", "email", "email", "starts_at", "starts_at"),
    "downloads": ("events", "anonymous_id", "anonymous_id", "timestamp", "downloaded_at"),
    "social_interactions": ("social_interactions", "email", "email", "occurred_at", "occurred_at"),
    "trials": ("subscriptions", "email", "email", "trial_ends_at", "trial_ends_at"),
}


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None)


@pytest.mark.parametrize("table", TABLES)
def test_facts_about_interest_follow_from_the_files(demo: DemoSummary, table: str) -> None:
    """Prevents a truth that the files do not bear out: a trial nobody began, a download of somebody else."""
    entity, kind, column, at, true_at = TABLES[table]
    truth = demo.directory / "truth"
    owners = pq.read_table(truth / "identifiers.parquet").to_pylist()
    owner_of = {row["identifier"]: row["truth_person_id"] for row in owners if row["identifier_type"] == kind}
    found: Counter[tuple[str, datetime]] = Counter()
    for row in csv_rows(demo.directory / "landing", f"generic/{entity}"):
        name = clean_email(row[column]) if kind == "email" else row[column]
        usable = name in owner_of and (entity != "subscriptions" or row["plan"].endswith("trial"))
        if usable:
            found[owner_of[name or ""], _utc(row[at])] += 1
    listed = Counter((row["truth_person_id"], row[true_at]) for row in pq.read_table(truth / f"{table}.parquet").to_pylist())
    assert found == listed
    assert listed


def test_last_visits_are_the_newest_events(demo: DemoSummary) -> None:
    """Prevents visitors in truth whom the events do not know, or who were there at another time."""
    truth = demo.directory / "truth"
    owners = pq.read_table(truth / "identifiers.parquet").to_pylist()
    owner_of = {
        (row["identifier_type"], row["identifier"]): row["truth_person_id"]
        for row in owners
        if row["identifier_type"] in ("user_id", "anonymous_id")
    }
    last: dict[str, int] = {}
    for row in events(demo.directory / "landing").values():
        person = owner_of["user_id", row["userId"]] if row.get("userId") else owner_of["anonymous_id", row["anonymousId"]]
        last[person] = max(last.get(person, 0), row["at"])
    listed = pq.read_table(truth / "visits.parquet").to_pylist()
    assert {row["truth_person_id"]: round(row["last_visit_at"].replace(tzinfo=UTC).timestamp() * 1000) for row in listed} == {
        person: at for person, at in last.items() if not person.startswith("B")
    }
