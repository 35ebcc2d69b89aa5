"""The demo's folder: the same from the same parameters, never half there, never over something else."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from demo_reading import events, tree

from dagster_project.demo import DemoSummary, init_project, write_demo, writer
from dagster_project.errors import RelanceError
from dagster_project.settings import load_settings

SMALL = {"customers": 60, "events": 1_800}


def test_the_same_parameters_give_the_same_bytes(demo: DemoSummary, tmp_path: Path) -> None:
    """Prevents a benchmark or a test whose input changes from run to run."""
    again = write_demo(tmp_path / "again", customers=400, events=14_000, seed=3)
    assert tree(again.directory) == tree(demo.directory)
    assert again.totals == demo.totals


def test_another_seed_gives_another_shop(tmp_path: Path) -> None:
    """Prevents a seed that is ignored."""
    one, two = (write_demo(tmp_path / str(seed), **SMALL, seed=seed) for seed in (1, 2))
    assert one.totals["net_revenue"] != two.totals["net_revenue"]


def test_several_shards_make_one_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents ids that collide between the parts in which a large demo is generated."""
    monkeypatch.setattr("dagster_project.demo.plan.EVENTS_PER_SHARD", 700)
    summary = write_demo(tmp_path / "demo", **SMALL)
    assert summary.totals["known_people"] == 90
    segment = summary.totals["entities"]["segment.events"]
    assert segment["unique"] == summary.totals["events"]
    for table, key in (("people", "truth_person_id"), ("orders", "order_id"), ("carts", "truth_person_id")):
        values = pq.read_table(summary.directory / "truth" / f"{table}.parquet")[key].to_pylist()
        assert len(values) == len(set(values)) > 10
    identifiers = pq.read_table(summary.directory / "truth" / "identifiers.parquet").to_pylist()
    own = [(row["identifier_type"], row["identifier"]) for row in identifiers if not row["shared"]]
    assert len(own) == len(set(own))


@pytest.mark.parametrize(("customers", "wanted"), [(100, 3_000), (100, 10_000), (200, 6_000)])
def test_size_follows_the_parameters(tmp_path: Path, customers: int, wanted: int) -> None:
    """Prevents `--events` and `--customers` that do not mean what they say."""
    totals = write_demo(tmp_path / "demo", customers=customers, events=wanted).totals
    assert totals["events"] == wanted
    assert totals["entities"]["segment.events"]["unique"] == wanted
    assert customers * 0.95 <= totals["buyers"] <= customers
    assert totals["known_people"] + totals["anonymous_people"] + totals["household_devices"] == pytest.approx(wanted / 10, abs=3)


def test_running_again_leaves_the_files_alone(tmp_path: Path) -> None:
    """Prevents a second `make run` that rewrites, and so loads, everything again."""
    first = write_demo(tmp_path / "demo", **SMALL)
    (first.directory / "warehouse.duckdb").write_bytes(b"kept")
    before = {path: path.stat().st_mtime_ns for path in first.directory.rglob("*")}
    second = write_demo(tmp_path / "demo", **SMALL)
    assert (first.created, second.created) == (True, False)
    assert second.totals == first.totals
    assert {path: path.stat().st_mtime_ns for path in first.directory.rglob("*")} == before


def test_an_interrupted_run_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents a half-written demo that passes for a whole one."""
    folder = tmp_path / "demo"

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(writer, "resend", stop)
        with pytest.raises(KeyboardInterrupt):
            write_demo(folder, **SMALL)
    assert not (folder / "relance.yml").exists() and not (folder / "landing").exists()
    write_demo(folder, **SMALL)
    whole = tree(folder)

    shutil.move(folder / "relance.yml", tmp_path / "aside")  # stopped between two of the last moves
    (folder / writer.PARTIAL).mkdir()
    write_demo(folder, **SMALL)
    assert tree(folder) == whole


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    """Prevents a demo written over a company's own files."""
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(RelanceError, match="holds no demo"):
        write_demo(tmp_path, **SMALL)
    with pytest.raises(RelanceError, match="A file is in the way"):
        write_demo(tmp_path / "letter.txt", **SMALL)
    assert tree(tmp_path) == {"letter.txt": b"mine"}


def test_a_demo_of_other_parameters_is_refused(tmp_path: Path) -> None:
    """Prevents a warehouse that mixes two shops."""
    write_demo(tmp_path / "demo", **SMALL)
    before = tree(tmp_path)
    with pytest.raises(RelanceError, match="other parameters"):
        write_demo(tmp_path / "demo", **SMALL, seed=9)
    assert tree(tmp_path) == before


def test_a_demo_that_lost_a_part_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    """Prevents a run on a demo without its files, reported as one that is already there."""
    write_demo(tmp_path / "demo", **SMALL)
    shutil.rmtree(tmp_path / "demo" / "landing")
    with pytest.raises(RelanceError, match="lost its `landing`"):
        write_demo(tmp_path / "demo", **SMALL)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"customers": 3}, "at least 50 customers"),
        ({"customers": 1_000, "events": 5_000}, "too few"),
        ({"seed": -1}, "negative"),
        ({"until": date(1999, 1, 1)}, "out of range"),
    ],
)
def test_parameters_out_of_range_are_refused_before_anything_is_written(tmp_path: Path, wrong: dict, message: str) -> None:
    """Prevents a traceback, or a folder left behind, where one sentence would do."""
    with pytest.raises(RelanceError, match=message):
        write_demo(tmp_path / "demo", **(SMALL | wrong))
    assert not (tmp_path / "demo").exists()


def test_the_settings_of_the_demo_load_and_stand_still(demo: DemoSummary) -> None:
    """Prevents a demo that the pipeline refuses, or whose truth is of another moment than its clock."""
    settings = load_settings(demo.directory)
    assert settings.moment().isoformat() + "Z" == demo.totals["as_of"]
    assert settings.landing_path.is_dir()


def test_a_history_over_a_leap_day_has_events_on_it(tmp_path: Path) -> None:
    """Prevents a leap year in which nothing happens on its extra day."""
    summary = write_demo(tmp_path / "demo", **SMALL, until=date(2024, 7, 15))
    assert any(row["timestamp"].strftime("%m-%d") == "02-29" for row in events(summary.directory / "landing").values())


def test_init_writes_settings_that_load_and_an_empty_landing_tree(tmp_path: Path) -> None:
    """Prevents a first step of a real company that ends in an error of ours."""
    path = init_project(tmp_path / "company")
    assert load_settings(path).landing_path == tmp_path / "company" / "landing"
    assert list(tree(tmp_path / "company" / "landing")) == ["README.md"]


def test_the_examples_in_the_new_settings_are_right_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents commented examples that turn into mistakes once the # is removed."""
    path = init_project(tmp_path / "company")
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        bare = re.sub(r"^( *)# ", r"\1", line)
        # Prose has no word of one piece before a colon, and begins with a capital letter.
        is_setting = re.match(r"[a-z_.]+:( |$)|- |[\[{]", bare.strip()) or bare.split("#")[0].rstrip().endswith(("}", "]"))
        lines.append(bare if line.lstrip().startswith("# ") and is_setting else line)
    text = "\n".join(lines)
    path.write_text(text, encoding="utf-8")
    for name in re.findall(r"\$\{(\w+)\}", text):
        monkeypatch.setenv(name, "a secret")
    settings = load_settings(path)
    assert settings.sources["generic"].entities["orders"].columns["order_id"] == "No"
    assert settings.windows.overrides() == {"cart_abandoners": 14}


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    """Prevents the loss of a company's settings."""
    (tmp_path / "relance.yml").write_text("mine")
    with pytest.raises(RelanceError, match="already there"):
        init_project(tmp_path)
    assert tree(tmp_path) == {"relance.yml": b"mine"}
