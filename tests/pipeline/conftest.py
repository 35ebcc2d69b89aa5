"""The demo's truth beside what the pipeline made of the same files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dagster_project.demo import write_demo
from dagster_project.run import run_project
from dagster_project.settings import Settings, load_settings


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A very small shop before anything ran."""
    folder = tmp_path_factory.mktemp("small") / "shop"
    write_demo(folder, customers=120, events=4_000, seed=11)
    return folder


@pytest.fixture(scope="session")
def whole(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The very small shop after one run over everything. Tests leave its tables and files as they are."""
    folder = tmp_path_factory.mktemp("whole") / "shop"
    shutil.copytree(shop, folder)
    settings = load_settings(folder)
    assert run_project(settings, settings.moment()).succeeded
    return settings


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
