"""Files that are odd as files: links, pipes, names that are no text, and files that change while they are loaded."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.loads import load

from .landing import Project, orders_csv, parquet_bytes


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with a good file that every test expects to load, whatever lies beside it."""
    project.write("generic/orders/good.csv", orders_csv("good,2026-01-31,10.00,"))
    return project


def orders(project: Project) -> list[str]:
    """The orders loaded, beside the good one."""
    found = [order for (order,) in project.rows("select order_id from raw_generic.orders order by 1")]
    found.remove("good")
    return found


def test_links_and_names_that_no_reader_survives(shop: Project) -> None:
    """A link to itself, a pipe and a name that is no text would each end the whole load."""
    folder = shop.landing / "generic/orders"
    (folder / "self.csv").symlink_to("self.csv")
    (folder / "there.csv").symlink_to("back.csv")
    (folder / "back.csv").symlink_to("there.csv")
    os.mkfifo(folder / "pipe.csv")
    Path(os.fsdecode(bytes(folder) + b"/\xff.csv")).write_text(orders_csv("a,2026-01-31,1,"))
    shop.write("generic/orders/new\nline.csv", orders_csv("b,2026-01-31,1,"))
    warnings = shop.load().warnings
    assert orders(shop) == ["b"]
    for told in ("self.csv is a link to nothing", "there.csv is a link", "pipe.csv is no file", "its name is not valid UTF-8"):
        assert any(told in warning for warning in warnings)
    assert "\\udcff" in "".join(warnings).encode().decode(), "a warning that can't be printed stops the run that tells it"


BEFORE = {
    "a.csv": orders_csv("a,2026-01-31,1,").encode(),
    "a.csv.gz": gzip.compress(orders_csv("a,2026-01-31,1,").encode()),
    "a.ndjson": b'{"order_id": "a", "ordered_at": "2026-01-31", "total": 1}\n',
    "a.parquet": parquet_bytes(pa.table({"order_id": ["a"], "ordered_at": ["2026-01-31"], "total": [1.0]})),
}
AFTER = {
    "a.csv": orders_csv("b,2026-01-31,1,").encode(),
    "a.csv.gz": gzip.compress(orders_csv("b,2026-01-31,1,", "c,2026-01-31,1,").encode()),
    "a.ndjson": b"",
    "a.parquet": parquet_bytes(pa.table({"order_id": ["b"], "ordered_at": ["2026-01-31"], "total": [1.0]})),
}


@pytest.mark.parametrize("name", BEFORE)
@pytest.mark.parametrize("change", ["vanishes", "changes"])
def test_file_that_does_not_hold_still(shop: Project, monkeypatch: pytest.MonkeyPatch, name: str, change: str) -> None:
    """A file that somebody takes away or writes over while it is loaded must not stop the load, nor be booked for what it was:
    its old content, when it comes again, would be taken for loaded."""
    path = shop.write(f"generic/orders/{name}", BEFORE[name])

    def meanwhile(target: Path, *rest: object):
        scanned = scan(target, *rest)
        if target == path and change == "vanishes":
            path.unlink()
        elif target == path:
            path.write_bytes(AFTER[name])
        return scanned

    scan = load.scan_file
    with monkeypatch.context() as patch:
        patch.setattr(load, "scan_file", meanwhile)
        shop.load()
    shop.load()
    assert shop.value("select count(*) from quality.quarantine") == 0
    shop.write(f"generic/orders/again.{name}", BEFORE[name])
    shop.load()
    assert "a" in orders(shop)
