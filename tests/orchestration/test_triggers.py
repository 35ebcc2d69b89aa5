"""When jobs run: the sensor's memory, the schedules' clock."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from dagster_project.assets.triggers import QUIET_SECONDS, landed_files_sensor, landing_state, note_loaded, run_config, schedule
from dagster_project.settings import Settings, load_settings


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    (tmp_path / "landing").mkdir()
    (tmp_path / "relance.yml").write_text("company: {name: S, currency: EUR, timezone: America/New_York, country: US}\n")
    return load_settings(tmp_path)


def land(settings: Settings, name: str, text: str = "a\n", age: float = 3600) -> Path:
    path = settings.landing_path / "generic" / "orders" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - age,) * 2)
    return path


def tick(settings: Settings, cursor: str | None) -> tuple[list[dg.RunRequest], str | None, str]:
    """One evaluation: runs asked for, the cursor afterwards, the message of a skip."""
    sensor = landed_files_sensor(settings, "daily")
    result = sensor.evaluate_tick(dg.build_sensor_context(cursor=cursor))
    return list(result.run_requests or []), result.cursor or cursor, result.skip_message or ""


def test_one_run_per_state_of_the_landing_folder(shop: Settings) -> None:
    """A sensor without memory would start a run every minute."""
    land(shop, "a.csv")
    asked, cursor, _ = tick(shop, None)
    assert len(asked) == 1 and asked[0].run_key == cursor
    asked, cursor, told = tick(shop, cursor)
    assert not asked and "Nothing new" in told


def test_a_file_that_was_changed_in_place_is_news(shop: Settings) -> None:
    """A re-sent file keeps its name; only its size or time says that it is another."""
    path = land(shop, "a.csv")
    _, cursor, _ = tick(shop, None)
    land(shop, "a.csv", "a\nb\n")
    asked, grown, _ = tick(shop, cursor)
    assert len(asked) == 1
    os.utime(path, (time.time() - 1800,) * 2)
    asked, _, _ = tick(shop, grown)
    assert len(asked) == 1


def test_a_growing_file_is_left_alone_until_it_is_quiet(shop: Settings) -> None:
    """Half a file would be loaded, its last row refused."""
    land(shop, "a.csv", age=QUIET_SECONDS / 2)
    asked, cursor, told = tick(shop, None)
    assert not asked and cursor is None and "growing" in told
    land(shop, "a.csv", age=QUIET_SECONDS + 5)
    assert len(tick(shop, cursor)[0]) == 1


def test_a_file_dated_in_the_future_is_loaded(shop: Settings) -> None:
    """A sender's wrong clock must not hold its files back for ever."""
    land(shop, "a.csv", age=-86400)
    assert len(tick(shop, None)[0]) == 1


def test_what_a_terminal_has_loaded_is_no_news(shop: Settings) -> None:
    """Turning the sensor on must not load again what `relance run` has loaded."""
    land(shop, "a.csv")
    shop.state_path.mkdir()
    note_loaded(shop, landing_state(shop.landing_path)[0])
    assert not tick(shop, None)[0]


def test_nothing_landed_and_no_folder_are_told(shop: Settings) -> None:
    """An empty or missing folder is a message in the sensor's history, not an error."""
    assert "No file" in tick(shop, None)[2]
    shop.landing_path.rmdir()
    assert "does not exist" in tick(shop, None)[2]


def test_hidden_files_are_nobodys_news(shop: Settings) -> None:
    """Transfer tools write .part files first; a run for each would find nothing."""
    land(shop, "a.csv")
    before = landing_state(shop.landing_path)[0]
    land(shop, ".b.csv.part")
    assert landing_state(shop.landing_path)[0] == before


def test_schedule_is_the_companys_morning(shop: Settings) -> None:
    """Six in the morning in New York is not six in UTC, in summer or in winter."""
    daily = schedule(shop, "every_morning", "daily", "0 6 * * *", True, "")
    assert daily.execution_timezone == "America/New_York"
    moment = datetime(2026, 7, 1, 6, tzinfo=ZoneInfo("America/New_York"))
    data = daily.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=moment))
    (request,) = data.run_requests or []
    asked = request.run_config["resources"]["run"]["config"]["as_of"]
    assert shop.moment(asked) == datetime(2026, 7, 1, 10)


def test_a_clock_that_stands_still_wins_over_the_schedule(shop: Settings) -> None:
    """A demo's schedule must speak of the demo's own day."""
    still = shop.model_copy(update={"as_of": datetime(2026, 6, 30, tzinfo=UTC)})
    config = run_config(still, datetime(2026, 7, 1, tzinfo=UTC))
    assert config["resources"]["run"]["config"]["as_of"] is None


def test_a_late_schedule_speaks_of_its_own_moment(shop: Settings) -> None:
    """A run that waited in the queue would otherwise speak of another hour than its file names."""
    config = run_config(shop, datetime(2026, 7, 1, 4, tzinfo=UTC))
    assert shop.moment(config["resources"]["run"]["config"]["as_of"]) == datetime(2026, 7, 1, 4)
