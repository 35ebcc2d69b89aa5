"""Too little memory or disk: said before the damage, with the numbers and what to change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.dbt_run import DbtResults, NodeResult
from dagster_project.errors import RelanceError
from dagster_project.loads.load import load_landing
from dagster_project.room import machine_memory, memory_limit, require_disk, require_memory, shortage
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse

GIB = 2**30


def complaint(query: str, *options: str) -> str:
    """What DuckDB itself says to a query that it has no room for."""
    with duckdb.connect(config={"temp_directory": ""}) as con, pytest.raises(duckdb.Error) as raised:
        for option in (*options, "threads = 1"):
            con.execute(f"set {option}")
        con.execute(query)
    return str(raised.value)


def test_a_model_that_outgrows_its_memory_names_the_setting() -> None:
    """In the night's log stands `failed to allocate`, and nobody knows what to change."""
    text = complaint("select list(range) from range(10_000_000)", "memory_limit = '30MB'")
    broken = NodeResult("model.relance.orders", "error", text, 1.0, None, Path("orders.sql"))
    with pytest.raises(RelanceError, match=r"28\.\d MiB.*memory_limit.*this machine has [\d.]+ GiB.*threads: 1"):
        DbtResults((broken,)).raise_if_broken()
    assert shortage("Binder Error: Referenced column not found") is None
    with pytest.raises(RelanceError, match=r"Spark needed more memory.*warehouse\.spark\.memory.*this machine has [\d.]+ GiB"):
        DbtResults((replace(broken, message="ExecutionException because of OutOfMemoryError"),)).raise_if_broken()


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """As above, of the disk."""
    folder = f"temp_directory = '{tmp_path / 'spill'}'"
    query = "select count(*) from (select md5(range::varchar) as text from range(3_000_000) order by text)"
    text = complaint(query, "memory_limit = '30MB'", folder, "max_temp_directory_size = '1MB'")
    assert "The disk is full" in str(shortage(text)) and "larger disk" in str(shortage(text))
    assert "The disk is full" in str(shortage("IO Error: Could not write file: No space left on device"))


@pytest.mark.parametrize(("limit", "told"), [("900GB", "at most"), ("50MB", "raise it")])
def test_a_limit_that_the_machine_cannot_keep_is_refused(make_project: Callable[..., Settings], limit: str, told: str) -> None:
    """The operating system kills the run in the middle, without a word."""
    with pytest.raises(RelanceError, match=rf"memory_limit.*{told}"):
        require_memory(make_project(f"warehouse: {{memory_limit: {limit}}}\n"))


def test_a_container_s_memory_is_what_counts(
    make_project: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the host's memory is more than the container may have."""
    limit = tmp_path / "memory.max"
    monkeypatch.setattr("dagster_project.room._CGROUP", limit)
    limit.write_text("max\n")
    assert machine_memory() > GIB
    limit.write_text(f"{GIB}\n")
    assert machine_memory() == GIB and memory_limit(make_project()) == "512MiB"
    require_memory(make_project())
    limit.write_text(f"{GIB // 4}\n")
    with pytest.raises(RelanceError, match=r"this machine has|on a machine with"):
        require_memory(make_project())


def test_new_files_need_room(make_project: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full after an hour, with half of the tables made anew; what was loaded before needs no room a second time."""
    settings = make_project()
    orders = settings.landing_path / "generic" / "orders" / "2026-06-01.csv"
    orders.parent.mkdir(parents=True)
    orders.write_text("order_id,ordered_at,total\n" + "".join(f"o{n},2026-05-01T10:00:00Z,10\n" for n in range(50_000)))
    usage: Any = shutil.disk_usage(settings.base)
    with open_warehouse(settings) as con:
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
        with pytest.raises(RelanceError, match=r"has 1 MiB left.* need \d+ MiB.* of 1 MiB of new files.*published: null"):
            load_landing(settings, con)
        assert con.execute("select count(*) from raw_generic.orders").fetchone() == (0,)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
        assert load_landing(settings, con).total("accepted") == 50_000
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
        load_landing(settings, con)
    require_disk(settings, [])
