"""What two ways to the same state must agree on: every table after raw, every upload file."""

from __future__ import annotations

import duckdb

from dagster_project.settings import Settings

JOURNALS = {
    "audiences.membership_changes", "audiences.sizes", "audiences.size_verdicts", "audiences.reach", "identity.profile_changes",
    "identity.normalised",
    "identity.collected_through", "quality.load_ledger", "quality.landing_files", "quality.quarantine",
    "scores.history", "measurement.holdout_assignments", "measurement.holdout_trials",
}  # fmt: skip
"""Tables that tell what happened when: they differ by design."""
OF_THE_LEDGER = {
    "audiences.frequency_caps", "audiences.holdout_ratios", "audiences.message_history", "audiences.message_pressure",
    "audiences.messages_due", "audiences.sequence_next_steps", "audiences.sequence_places", "audiences.sequence_plans",
    "audiences.sequence_rounds", "measurement.holdout_groups", "measurement.holdout_lift",
}  # fmt: skip
"""Tables that go by what earlier runs sent, or by the names that people bore in them."""
OF_THE_JOURNAL = "slipping_champions"
"""The audience that goes by the history of scores."""
ARRIVAL = {"_batch", "_loaded_at", "entered_at", "holdout", "is_of_both"}
"""Columns that say when something arrived, or go by former names."""


def tables(settings: Settings) -> dict[str, list]:
    """Every table after raw, as a sorted list of rows without what tells of arrival."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as con:
        names = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name in ('unified', 'identity', 'profiles', 'scores', 'audiences', 'measurement') order by 1"
        ).fetchall()
        found = {}
        for (name,) in names:
            if name in JOURNALS | OF_THE_LEDGER | {f"audiences.{OF_THE_JOURNAL}"}:
                continue
            columns = [row[0] for row in con.execute(f"describe {name}").fetchall() if row[0] not in ARRIVAL]
            quoted = ", ".join(f'"{column}"' for column in columns)
            if name == "identity.event_links":  # one row per batch: what counts is their sum
                query = f"""select {", ".join(c for c in columns if c not in ("first_seen", "last_seen", "observations"))},
                    min(first_seen), max(last_seen), sum(observations)::bigint from {name} group by all order by all"""
            else:
                named = [column for column in columns if column in ("audience", "other_audience")]
                rows = " and ".join(f"{column} <> '{OF_THE_JOURNAL}'" for column in named) or "true"
                query = f"select {quoted} from {name} where {rows} order by all"
            found[name] = con.execute(query).fetchall()
    return found


def files(settings: Settings) -> dict[str, list[bytes]]:
    """Activation → what its upload files hold, whichever run wrote them."""
    found: dict[str, list[bytes]] = {}
    for path in settings.exports_path.rglob("*.csv"):
        found.setdefault(path.relative_to(settings.exports_path).parts[1], []).append(path.read_bytes())
    return {activation: sorted(contents) for activation, contents in sorted(found.items())}
