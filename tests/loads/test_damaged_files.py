"""Files that are broken, empty or out of reach: what can be read of them loads, the books balance, the others are not held up."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.errors import RelanceError
from dagster_project.loads import load
from dagster_project.loads.load import load_landing

from .landing import Project, beside_good, event, orders_csv


def test_truncated_gzip(shop: Project) -> None:
    """DuckDB loads what it can unpack of half a gzip and says nothing of the rest."""
    lines = "".join(event(i, properties={"n": os.urandom(20).hex()}) + "\n" for i in range(2000))
    whole = gzip.compress(lines.encode(), mtime=0)
    shop.write("generic/events/half.ndjson.gz", whole[: len(whole) // 2])
    shop.load()
    read, accepted, duplicate, quarantined = shop.ledger("generic/events/half.ndjson.gz")
    assert 500 < accepted < 1500 and (duplicate, quarantined) == (0, 1) and read == accepted + 1
    (row,) = shop.quarantine()
    assert row[1] == accepted + 1 and "gzip ends early" in row[2]
    assert lines.splitlines()[accepted].startswith(row[3])
    assert beside_good(shop) == []


def test_gzip_cut_between_records(shop: Project) -> None:
    """A gzip that ends early exactly at a line end would look complete."""
    data = gzip.compress((event(1) + "\n" + event(2) + "\n").encode(), mtime=0)
    shop.write("generic/events/cut.ndjson.gz", data[:-8])
    shop.load()
    assert shop.ledger("generic/events/cut.ndjson.gz") == (3, 2, 0, 1)


def test_damaged_and_fake_gzip(shop: Project) -> None:
    """A flipped byte or a plain file named .gz would abort the load or vanish."""
    data = bytearray(gzip.compress("".join(event(i) + "\n" for i in range(50)).encode(), mtime=0))
    data[-6] ^= 0xFF
    shop.write("generic/events/checksum.ndjson.gz", bytes(data))
    shop.write("generic/events/plain.ndjson.gz", b'{"a": 1}\n')
    shop.load()
    assert shop.ledger("generic/events/checksum.ndjson.gz") == (51, 50, 0, 1)
    assert shop.ledger("generic/events/plain.ndjson.gz") == (1, 0, 0, 1)
    assert "not a gzip file" in shop.quarantine()[-1][2]


def test_several_gzip_members(shop: Project) -> None:
    """Files appended to each other after packing are one valid gzip; only the first part would load."""
    data = gzip.compress((event(1) + "\n").encode()) + gzip.compress((event(2) + "\n").encode())
    shop.write("generic/events/two.ndjson.gz", data)
    shop.load()
    assert shop.ledger("generic/events/two.ndjson.gz") == (2, 2, 0, 0)


def test_parquet_that_is_none(shop: Project) -> None:
    """A file that only bears the name would stop the load."""
    shop.write("generic/orders/fake.parquet", b"PAR1 not really")
    shop.write("generic/orders/empty.parquet", b"")
    shop.load()
    assert beside_good(shop) == []
    assert [row[2] for row in shop.quarantine()] == ["the file is not a Parquet file"] * 2


def test_damaged_parquet(shop: Project) -> None:
    """A damaged row group would take the good ones with it."""
    table = pa.table({"order_id": [f"o{i}" for i in range(40)], "ordered_at": ["2026-01-31"] * 40, "total": [1.5] * 40})
    path = shop.landing / "generic/orders/damaged.parquet"
    pq.write_table(table, path, row_group_size=10, compression="zstd", use_dictionary=False)
    start = pq.ParquetFile(path).metadata.row_group(2).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + 40] = b"\xff" * 40
    path.write_bytes(data)
    shop.load()
    assert shop.ledger("generic/orders/damaged.parquet") == (40, 30, 0, 10)
    assert [row[1] for row in shop.quarantine()] == list(range(21, 31))
    (reason,) = {row[2] for row in shop.quarantine()}
    assert reason.startswith("row group 3 of 4 of the Parquet file can't be read: ") and not reason.endswith(": ")


def test_empty_and_header_only_files(shop: Project) -> None:
    """Files without rows are no errors, and are booked so that they are not read again."""
    shop.write("generic/orders/empty.csv", "")
    shop.write("generic/orders/header.csv", "order_id,ordered_at,total\n")
    shop.write("generic/events/empty.ndjson", "\n\n")
    shop.load()
    assert beside_good(shop) == []
    assert {shop.ledger(f"generic/{name}") for name in ("orders/empty.csv", "orders/header.csv", "events/empty.ndjson")} == {
        (0, 0, 0, 0)
    }
    assert shop.note("generic/orders/empty.csv") == "read record by record: it is empty"


def test_unreadable_file(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that can't be opened must not stop the others."""
    path = shop.write("generic/orders/locked.csv", orders_csv("a,2026-01-31,1,"))

    def refuse(target: Path, *rest: object):  # the tests may run as root, whom no permission stops
        if target == path:
            raise PermissionError(13, "Permission denied")
        return scan(target, *rest)

    scan = load.scan_file
    monkeypatch.setattr(load, "scan_file", refuse)
    assert any("locked.csv can't be read" in w for w in shop.load().warnings)
    assert beside_good(shop) == []


def test_missing_landing_folder(shop: Project) -> None:
    """A landing folder that was moved away must be one clear message, not an empty load."""
    settings = shop.settings
    shop.landing.rename(shop.base / "moved")
    with shop.warehouse(settings) as con, pytest.raises(RelanceError, match="landing folder does not exist"):
        load_landing(settings, con)
