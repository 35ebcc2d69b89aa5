"""What a look back may know, where it is to know no more than was known then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dagster_project.errors import RelanceError
from dagster_project.loads.discover import discover
from dagster_project.loads.known_then import files_known_then

from .landing import Project

PRODUCTS = "product_id,title,price\n"


def land(project: Project, file: str, rows: str, loaded_at: datetime) -> None:
    """Load a file as if at another time."""
    project.write(file, PRODUCTS + rows)
    project.load()
    with project.warehouse() as con:
        con.execute(
            "update quality.load_ledger set loaded_at = ? where file = ? and loaded_at > ?",
            [loaded_at, file, datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=5)],
        )


def test_what_came_later_is_not_known(project: Project) -> None:
    """An audience rebuilt with orders that arrived a week later shows a marketer what nobody could have known."""
    spring, summer, autumn = (datetime(2026, month, 1) for month in (4, 7, 10))
    land(project, "generic/products/early.csv", "p1,Lamp,10\n", spring)
    land(project, "generic/products/late.csv", "p2,Chair,20\n", autumn)
    land(project, "generic/products/corrected.csv", "p3,Table,30\n", spring)
    land(project, "generic/products/corrected.csv", "p3,Table,33\n", autumn)

    known = files_known_then(project.settings, summer)
    assert (known.files, known.changed) == ({"generic/products/early.csv"}, ("generic/products/corrected.csv",))
    replayed = project.settings.replay(summer, known.files)
    assert [feed.files for feed in discover(replayed).feeds] == [("generic/products/early.csv",)]
    assert len(discover(project.settings.replay(summer)).feeds[0].files) == 3
    assert len(files_known_then(project.settings, datetime(2026, 11, 1)).files) == 3
    with pytest.raises(RelanceError, match="Nothing had been loaded by 2026-01-01"):
        files_known_then(project.settings, datetime(2026, 1, 1))
