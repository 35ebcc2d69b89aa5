"""The demo's truth beside what the pipeline made of the same files."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from dagster_project.settings import Settings


@pytest.fixture
def beside(demo: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The demo's warehouse as `w`, its truth as views, and `persons`: truth person → profile, by identifiers nobody shares."""
    con = duckdb.connect()
    con.execute(f"attach '{demo.warehouse_path}' as w (read_only)")
    for file in (demo.base / "truth").glob("*.parquet"):
        con.execute(f"create view {file.stem} as select * from '{file}'")
    con.execute(
        """create table persons as
        select distinct identifiers.truth_person_id, known.profile_id
        from identifiers
        join w.identity.identifiers as known using (identifier_type, identifier)
        join people using (truth_person_id)
        where identifiers.link = 'exact' and (not identifiers.shared or people.kind = 'household_device')"""
    )
    # Where identity found one person, everything that hangs on the person must be exact.
    con.execute(
        "create view whole as select truth_person_id, min(profile_id) as profile_id from persons group by 1 having count(*) = 1"
    )
    con.execute("create view refusing as select truth_person_id from consent where purpose = 'trackers' and status = 'denied'")
    yield con
    con.close()
