"""The benchmark on a tiny shop: that it runs the cases it names and measures what it says. Never how long anything takes."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from bench.agreement import compare
from bench.cases import Case, Results, figures, rows_read, run_floor, stage_of
from bench.process import Measurement, measure
from bench.shop import Shop, events_of
from bench.show import as_data, record
from dagster_project.errors import RelanceError


def _lines(tree: Path) -> Counter:
    """Every line of every text file, per entity, headers left out where a file repeats them."""
    found: Counter = Counter()
    for path in tree.rglob("*"):
        if path.is_file() and path.suffix != ".parquet":
            entity = "/".join(path.relative_to(tree).parts[:2])
            content = path.read_bytes()
            content = gzip.decompress(content) if path.suffix == ".gz" else content
            lines = content.splitlines()
            found.update((entity, line) for line in (lines if entity == "segment/events" else lines[1:]))
    return found


def test_parting_loses_and_repeats_nothing(shop: Shop) -> None:
    """Without this, an increment could bring rows twice or not at all, and its cost would mean nothing."""
    whole = _lines(shop.folder / "shop" / "landing")
    assert _lines(shop.base) + _lines(shop.increment) + _lines(shop.folder / "tail") == whole
    months = sorted(path.relative_to(shop.base) for path in shop.base.rglob("*.parquet"))
    landing = shop.folder / "shop" / "landing"
    assert months == sorted(path.relative_to(landing) for path in landing.rglob("*.parquet"))


def test_the_increment_is_the_newest_hundredth(shop: Shop) -> None:
    """An increment of old events, or one that the full build has seen already, is no day's news."""
    received = """select min("receivedAt"), max("receivedAt"), count(*) from read_json('{}/segment/events/*/*.ndjson.gz',
        format = 'newline_delimited', ignore_errors = true, columns = {{receivedAt: 'TIMESTAMP'}})
        where "receivedAt" is not null"""
    with duckdb.connect() as con:
        _, last_known, _ = con.execute(received.format(shop.base)).fetchone()
        first_new, last_new, events = con.execute(received.format(shop.increment)).fetchone()
    assert last_known < shop.before <= first_new <= last_new <= shop.after
    assert events == shop.held_events
    assert 0.008 * shop.events <= events <= 0.02 * shop.events


def test_floor_finds_the_people_and_the_revenue_of_the_truth(shop: Shop, tmp_path: Path) -> None:
    """A floor that computes something else is no measure: it must come to the generator's own figures."""
    _, figures = run_floor(shop.folder / "shop" / "landing", shop.after, tmp_path)
    truth = json.loads((shop.folder / "shop" / "truth" / "totals.json").read_text(encoding="utf-8"))
    assert figures["people"] == pytest.approx(shop.people, rel=0.03)
    assert figures["customers"] == pytest.approx(truth["buyers"], rel=0.02)
    assert figures["net_revenue"] == pytest.approx(float(truth["net_revenue"]), rel=0.001)
    assert (tmp_path / "floor_export.csv").read_text(encoding="utf-8").startswith("Email,Phone,")


def test_a_measured_run_of_the_pipeline_has_all_stages_and_agrees_with_the_floor(
    shop: Shop, first_run: tuple[Path, Measurement], tmp_path: Path
) -> None:
    """A step that is told in other words would be missing from every table; a ratio to something else means nothing."""
    project, run = first_run
    assert [stage.name for stage in run.stages] == [
        "start-up", "loads", "checks of what landed", "identifiers", "dbt models and tests", "activations", "report",
    ]  # fmt: skip
    _, floor = run_floor(shop.base, shop.before, tmp_path)
    pipeline = figures(project)
    for name, bound in {"people": 0.03, "customers": 0.02, "net_revenue": 0.001}.items():  # a person weighs more in a tiny shop
        assert floor[name] == pytest.approx(pipeline[name], rel=bound), name
    assert rows_read(project) > 8_000


def test_stages_are_told_apart_and_add_up(tmp_path: Path) -> None:
    """A stage that is missed, or booked to its neighbour, sends whoever tunes the pipeline to the wrong place."""
    steps = [
        "starting Dagster and dbt",
        "landing: reading new files",
        "dbt: 12 models",
        "dbt: a failed",
        "export: a",
        "export: b",
        "report",
    ]
    talk = "import time\n" + "".join(f"print('[   0.1 s] {step}'); time.sleep(0.02)\n" for step in steps)
    run = measure(["-c", talk + "print('done')"], tmp_path, stage_of)
    assert [stage.name for stage in run.stages] == ["start-up", "loads", "dbt models and tests", "activations", "report"]
    assert sum(stage.seconds for stage in run.stages) == pytest.approx(run.seconds)
    assert run.output.endswith("done\n")


def test_peak_memory_is_that_of_the_measured_process_alone(tmp_path: Path) -> None:
    """The peak of an earlier child, or of the bench itself, would hide that of every later one."""
    held = bytearray(300_000_000)  # by this process, which the measured one is forked from
    large = measure(["-c", "import time; held = bytearray(300_000_000); time.sleep(0.3)"], tmp_path)
    small = measure(["-c", "import time; time.sleep(0.3)"], tmp_path)
    del held
    assert large.peak_bytes > 300_000_000
    assert small.peak_bytes < 150_000_000


def test_a_failing_run_is_no_measurement(tmp_path: Path) -> None:
    """A pipeline that breaks off early would look fast."""
    with pytest.raises(RelanceError, match="it went wrong"):
        measure(["-c", "import sys; sys.exit('it went wrong')"], tmp_path)


@pytest.mark.parametrize(("text", "events"), [("1M", 1_000_000), ("100m", 100_000_000), ("250k", 250_000), ("8000", 8_000)])
def test_sizes(text: str, events: int) -> None:
    """A misread size would compare figures of different shops."""
    assert events_of(text) == events


def test_a_wrong_size_is_said_plainly() -> None:
    """Somebody who types `--size big` should read what a size is."""
    with pytest.raises(RelanceError, match="big"):
        events_of("big")


def test_disagreement_is_seen() -> None:
    """A ratio between two programs that compute different things must not pass as a result."""
    same = {"people": 1000.0, "customers": 300.0, "net_revenue": 5000.0, "cart_abandoners": 40.0}
    assert all(each.agrees for each in compare(same, same))
    wrong = [each.figure for each in compare(same | {"net_revenue": 5100.0}, same) if not each.agrees]
    assert wrong == ["net_revenue"]


def test_results_are_appended_line_by_line(shop: Shop, tmp_path: Path) -> None:
    """The history of figures is worth something only if no record replaces another and all have the same columns."""
    run = measure(["-c", "print('[   0.1 s] starting Dagster and dbt')"], tmp_path, stage_of)
    cases = [Case(name, "", [run], 100) for name in ("full build", "increment", "nothing new", "a new hour", "fixed cost")]
    machine = {"cores": 2, "memory_gib": 4.0, "processor": "some", "versions": {"python": "3.11"}}
    data = as_data(
        shop, Results(Case("floor", "", [run], 100), cases), [], {"date": "2026-06-30", "machine": machine, "load_before": 0.1}
    )
    for _ in range(2):
        record(json.loads(json.dumps(data)), tmp_path / "RESULTS.md")
    table = [line for line in (tmp_path / "RESULTS.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert len(table) == 4 and table[2] == table[3]
    assert len({line.count("|") for line in table}) == 1
