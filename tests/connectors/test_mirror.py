"""The mirror of a landing in an object store, against fsspec's own stores."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.assets.triggers import landed_files_sensor, state_of
from dagster_project.check import check_project
from dagster_project.connectors import mirror
from dagster_project.connectors.mirror import fetch_landing, fetched_fingerprint
from dagster_project.connectors.store import kept_listing
from dagster_project.errors import RelanceError
from dagster_project.loads.discover import feeds
from dagster_project.settings import Settings, load_settings

from .conftest import load

Make = Callable[..., Settings]
ORDERS = b"order_id,ordered_at,total\n1,2026-01-01,10\n2,2026-01-02,20\n"


class Bucket:
    """A place in fsspec's memory, and the project that lands from it."""

    def __init__(self, make_project: Make, sources: str = ""):
        self.files = fsspec.filesystem("memory")
        self.root = f"/{uuid.uuid4().hex}"
        self.files.makedirs(self.root)
        self.project = make_project(f"landing: memory:/{self.root}\n{sources}")

    def put(self, path: str, content: bytes) -> None:
        self.files.pipe_file(f"{self.root}/{path}", content)

    def remove(self, path: str) -> None:
        self.files.rm(f"{self.root}/{path}")

    def mirrored(self) -> dict[str, bytes]:
        folder = self.project.landing_path
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def bucket(make_project: Make) -> Iterator[Bucket]:
    made = Bucket(make_project)
    yield made
    for name in [name for name in made.files.store if name.startswith(made.root)]:
        del made.files.store[name]


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the objects that were opened."""
    opened: list[str] = []
    chunks = mirror._chunks
    monkeypatch.setattr(mirror, "_chunks", lambda store, name, *rest: opened.append(name) or chunks(store, name, *rest))
    return opened


names = st.sampled_from(["generic/orders/a.csv", "generic/orders/b.csv", "generic/orders/b", "generic/x.csv", "c", ".hidden/d"])
changes = st.lists(st.tuples(names, st.none() | st.binary(max_size=6)), max_size=12)


@given(st.lists(changes, min_size=1, max_size=4))
@settings(max_examples=30)
def test_the_mirror_equals_the_store_whatever_happens_there(make_project: Make, rounds: list) -> None:
    """A file that lingers is loaded as if it had landed; one that is missed never is."""
    bucket = Bucket(make_project)
    held: dict[str, bytes] = {}
    for round_ in rounds:
        for path, content in round_:
            if content is not None:
                held[path] = content
                bucket.put(path, content)
            elif held.pop(path, None) is not None:
                bucket.remove(path)
        fetch_landing(bucket.project)
        assert bucket.mirrored() == {path: content for path, content in held.items() if not path.startswith(".")}


def test_what_has_not_changed_is_not_fetched_again(bucket: Bucket, fetched: list[str]) -> None:
    """Fetching a bucket of years every morning would cost hours and money."""
    bucket.put("generic/orders/a.csv", ORDERS)
    bucket.put("generic/orders/b.csv", b"b")
    fetch_landing(bucket.project)
    fetched.clear()
    bucket.put("generic/orders/b.csv", b"c")
    fetch_landing(bucket.project)
    assert [name.rpartition("/")[2] for name in fetched] == ["b.csv"]


def test_a_mirror_that_lost_a_file_gets_it_back(bucket: Bucket) -> None:
    """A cleaned disk must not look like a bucket that lost its files."""
    bucket.put("generic/orders/a.csv", ORDERS)
    fetch_landing(bucket.project)
    (bucket.project.landing_path / "generic/orders/a.csv").unlink()
    fetch_landing(bucket.project)
    assert bucket.mirrored() == {"generic/orders/a.csv": ORDERS}


@pytest.mark.parametrize("name", ["../out.csv", "a/../../out.csv", "a//b.csv", "a\\b.csv", "a/\x01.csv", "x" * 300])
def test_names_that_lead_elsewhere_are_refused(bucket: Bucket, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may write to the bucket must not write anywhere on the machine that reads it."""
    found = {f"{bucket.root}/{name}": {"name": f"{bucket.root}/{name}", "size": 1, "type": "file"}}
    monkeypatch.setattr(type(bucket.files), "find", lambda *_, **__: found)
    with pytest.raises(RelanceError, match="can't be the name of a file"):
        fetch_landing(bucket.project)
    assert bucket.mirrored() == {}


@pytest.mark.parametrize(
    ("two", "told"),
    [
        (("a.csv", "A.csv"), "the same file"),
        (("caf\u00e9.csv", "cafe\u0301.csv"), "the same file"),
        (("a", "a/b.csv"), "is a file and the folder of"),
    ],
)
def test_two_objects_that_would_be_one_file_are_refused(
    bucket: Bucket, two: tuple[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk that knows no capitals, one of them would silently take the other's place."""
    found = {f"{bucket.root}/{name}": {"size": 1, "type": "file"} for name in two}
    monkeypatch.setattr(type(bucket.files), "find", lambda *_, **__: found)
    with pytest.raises(RelanceError, match=told):
        fetch_landing(bucket.project)


def test_a_break_midway_keeps_what_was_fetched_and_goes_on_from_there(
    bucket: Bucket, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that fails at the last of a thousand files must not cost the other 999, nor leave half a file."""
    for name in "abc":
        bucket.put(f"generic/orders/{name}.csv", ORDERS)
    starts: list[int] = []
    chunks = mirror._chunks

    def broken(store: Any, name: str, start: int, size: int) -> Iterator[bytes]:
        starts.append(start)
        yield next(chunks(store, name, start, size))[:5]
        raise ConnectionResetError("gone")

    def breaking(store: Any, name: str, start: int, size: int) -> Iterator[bytes]:
        return (broken if name.endswith("b.csv") else chunks)(store, name, start, size)

    with monkeypatch.context() as network:
        network.setattr(mirror, "_chunks", breaking)
        with pytest.raises(RelanceError, match=r"`generic/orders/b.csv` can't be fetched: gone"):
            fetch_landing(bucket.project)
    assert starts == [0, 5, 10, 15]
    assert set(bucket.mirrored()) == {"generic/orders/a.csv"} and fetched_fingerprint(bucket.project) == ""
    fetched.clear()
    fetch_landing(bucket.project)
    assert set(bucket.mirrored().values()) == {ORDERS} and len(bucket.mirrored()) == 3
    assert not any(name.endswith("a.csv") for name in fetched)


def test_an_object_that_changes_while_it_is_fetched(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head of one version with the tail of another is a file that nobody sent."""
    bucket.put("generic/orders/a.csv", b"old" * 10)
    chunks = mirror._chunks

    def changing(store: Any, name: str, start: int, size: int) -> Iterator[bytes]:
        if start == 0 and size == 30:
            yield b"old"
            bucket.put("generic/orders/a.csv", b"brand new")
            return
        yield from chunks(store, name, start, size)

    monkeypatch.setattr(mirror, "_chunks", changing)
    fetch_landing(bucket.project)
    assert bucket.mirrored() == {"generic/orders/a.csv": b"brand new"}


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (PermissionError("secret-key"), "access is denied"),
        (FileNotFoundError("x"), "no such bucket or folder"),
        (ConnectionError("host is down"), "host is down"),
        (TypeError("unexpected keyword"), "does not take these options"),
    ],
)
def test_a_store_that_can_not_be_read_is_one_message(
    bucket: Bucket, raised: Exception, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each driver raises its own exceptions; people need to know what to check, and the mirror stays as it was."""
    bucket.put("generic/orders/a.csv", ORDERS)
    fetch_landing(bucket.project)

    def fail(*_: Any, **__: Any) -> None:
        raise raised

    monkeypatch.setattr(type(bucket.files), "find", fail)
    with pytest.raises(RelanceError, match=told) as caught:
        fetch_landing(bucket.project)
    assert "secret-key" not in str(caught.value) and "relance.yml, landing: memory://" in str(caught.value)
    assert bucket.mirrored() == {"generic/orders/a.csv": ORDERS}


def test_a_driver_that_is_not_installed_is_named(make_project: Make) -> None:
    """`No module named gcsfs` tells a marketer nothing."""
    project = make_project("landing: {url: 'gs://bucket/in', options: {project: p}}\n")
    with pytest.raises(RelanceError, match=r"gs:// is not installed.*relance\[gcs\]"):
        fetch_landing(project)


def test_a_folder_by_url_and_one_that_is_not_there(make_project: Make, tmp_path: Path) -> None:
    """A mistyped folder must not look like a company without data."""
    (tmp_path / "drop" / "generic" / "orders").mkdir(parents=True)
    (tmp_path / "drop" / "generic" / "orders" / "a.csv").write_bytes(ORDERS)
    project = make_project(f"landing: file://{tmp_path}/drop\n")
    _, rows = load(project, "select file, rows_accepted from quality.load_ledger")
    assert rows == [("generic/orders/a.csv", 2)]
    with pytest.raises(RelanceError, match="no such bucket or folder"):
        fetch_landing(make_project(f"landing: file://{tmp_path}/dropp\n"))


def test_a_load_fetches_first_and_its_books_name_the_objects(bucket: Bucket) -> None:
    """The ledger must tell the vendor's own name of a file, not where it happened to be kept."""
    bucket.put("generic/orders/dt=2026-01-05/a.csv", ORDERS)
    query = "select file, rows_accepted from quality.load_ledger"
    assert load(bucket.project, query)[1] == [("generic/orders/dt=2026-01-05/a.csv", 2)]
    bucket.remove("generic/orders/dt=2026-01-05/a.csv")
    bucket.put("generic/orders/dt=2026-01-06/b.csv", ORDERS)
    summary, rows = load(bucket.project, "select count(*) from raw_generic.orders")
    assert rows == [(4,)] or summary.total("duplicate") == 2
    assert set(bucket.mirrored()) == {"generic/orders/dt=2026-01-06/b.csv"}


def test_check_and_sensor_look_without_fetching(bucket: Bucket, fetched: list[str]) -> None:
    """A check that downloads a bucket is no check; a sensor that does so every few minutes is a bill."""
    bucket.put("generic/orders/a.csv", ORDERS)
    told = check_project(bucket.project.config_path).lines
    assert "generic.orders: 1 file" in told
    state, files, newest = state_of(bucket.project)
    assert files == 1 and newest > 0 and fetched == []
    # What was seen is known to the run that the sensor asks for, before it fetches anything.
    assert feeds(bucket.project) == {"generic": ["orders"]}
    assert set(kept_listing(bucket.project) or {}) == {"generic/orders/a.csv"}
    fetch_landing(bucket.project)
    assert fetched_fingerprint(bucket.project) == state
    sensor = landed_files_sensor(bucket.project, "daily")
    assert sensor.minimum_interval_seconds == 300


def test_pulled_files_stay_in_the_mirror(make_project: Make) -> None:
    """They are in no bucket: taken for objects that are gone, every pull would be thrown away before it is loaded."""
    sources = "sources: {generic: {contacts: {pull: {sql_database: {url: 'sqlite://', table: t}}}}}\n"
    bucket = Bucket(make_project, sources)
    own = bucket.project.landing_path / "generic/contacts/pull/20260101T000000Z.ndjson"
    own.parent.mkdir(parents=True)
    own.write_text(json.dumps({"contact_id": 1}))
    bucket.put("generic/orders/a.csv", ORDERS)
    fetch_landing(bucket.project)
    assert set(bucket.mirrored()) == {"generic/orders/a.csv", "generic/contacts/pull/20260101T000000Z.ndjson"}
    bucket.put("generic/contacts/pull/x.ndjson", b"{}")
    with pytest.raises(RelanceError, match="lies where a pull writes"):
        fetch_landing(bucket.project)


def test_settings_of_a_url_need_no_folder(tmp_path: Path) -> None:
    """Every command reads the settings; only those that load may need the network."""
    (tmp_path / "relance.yml").write_text(
        "company: {name: S, currency: EUR, timezone: Europe/Paris, country: FR}\nlanding: s3://bucket/in\n"
    )
    settings_ = load_settings(tmp_path)
    assert settings_.landing_path == tmp_path / ".relance" / "landing"
    assert feeds(settings_) == {}


def test_an_evicted_file_stays_away_until_it_changes(bucket: Bucket, fetched: list[str]) -> None:
    """A file that holds an erased person would come back with the next run, and stay in the mirror for ever."""
    bucket.put("generic/orders/a.csv", ORDERS)
    bucket.put("generic/orders/b.csv", ORDERS + b"3,2026-01-03,30\n")
    fetch_landing(bucket.project)
    mirror.evict(bucket.project, "generic/orders/a.csv")
    assert set(bucket.mirrored()) == {"generic/orders/b.csv"}
    fetched.clear()
    fetch_landing(bucket.project)
    assert not fetched and set(bucket.mirrored()) == {"generic/orders/b.csv"}
    bucket.put("generic/orders/a.csv", ORDERS.replace(b"10", b"99"))
    fetch_landing(bucket.project)
    assert set(bucket.mirrored()) == {"generic/orders/a.csv", "generic/orders/b.csv"}
