"""The whole pipeline, killed: what the next run makes of it is what a run that nobody disturbed makes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dagster_project.run import run_project
from dagster_project.settings import Settings, load_settings
from tests.pipeline.tables import files, tables

STAGES = ("landing: reading", "dbt:", "export: customer_event_reminder")
"""Lines of a run after which it is killed, the later the further it has come."""


def kill_after(project: Path, begins: str, seconds: float) -> bool:
    """Run in a process of its own; kill it `seconds` after the line that begins so. Whether it was still running."""
    command = [sys.executable, "-m", "dagster_project.cli", "run", "--config", str(project)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    assert process.stdout is not None
    for line in process.stdout:
        if line.partition("] ")[2].startswith(begins):
            time.sleep(seconds)
            break
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    return process.wait() == -signal.SIGKILL


def complete(settings: Settings, whole: Settings) -> None:
    """A run that nobody disturbs ends where `whole` did: tables, upload files, each of them once."""
    assert run_project(settings, settings.moment()).succeeded
    found, expected = tables(settings), tables(whole)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []
    assert files(settings) == files(whole)
    assert settings.published_path is not None and settings.published_path.exists()
    assert not list(settings.base.rglob("*.fresh"))


def test_killed_in_every_stage(shop: Path, whole: Settings, tmp_path: Path) -> None:
    """A power cut at night: half a build is taken for a whole one, or a list is sent twice."""
    project = tmp_path / "shop"
    shutil.copytree(shop, project)
    chance = random.Random(8)
    assert all(kill_after(project, begins, chance.uniform(0, 2)) for begins in STAGES)
    complete(load_settings(project), whole)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_killed_at_any_moment(shop: Path, whole: Settings, tmp_path: Path, seed: int) -> None:
    """The same, five times in a row at moments that nobody chose; what was done before a kill is the next one's start."""
    project = tmp_path / "shop"
    shutil.copytree(shop, project)
    chance = random.Random(seed)
    for _ in range(5):
        kill_after(project, "starting", chance.uniform(0, 40))
    complete(load_settings(project), whole)
