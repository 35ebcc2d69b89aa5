"""Real processes: killed at any moment of an export, out of room, without the right to write, two at once."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from activation_shop import AS_OF, Shop, agree, cells, people
from click.testing import CliRunner
from export_process import REFUSED

from dagster_project.activation.changes import held_by
from dagster_project.activation.reconcile import reconcile
from dagster_project.cli import main

HERE = Path(__file__).parent
NOBODY = 65534
PEOPLE = 240


class Processes:
    """Exports in processes of their own (export_process.py)."""

    def __init__(self, *arguments: str) -> None:
        path = os.pathsep.join([str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "export_process.py"), *arguments],
            env=os.environ | {"PYTHONPATH": path}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._answer() == {"ready": True}

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def begin(self, **request: Any) -> int:
        """Start an export; returns its process id."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()["pid"]

    def end(self) -> dict[str, Any]:
        """How it ended, and what it told."""
        answer = self._answer()
        return answer | self._answer() if "told" in answer else answer

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    processes = Processes()
    yield processes
    processes.close()


def world(project: Path, start: int) -> set[str]:
    """Let the audience be PEOPLE people from `start` on; returns their profile ids."""
    shop = Shop(project)
    shop.fill(people(PEOPLE, start=start))
    shop.con.close()
    return {person.id for person in people(PEOPLE, start=start)}


def mail_of(profile_id: str) -> str:
    return people(1, start=int(profile_id[1:]))[0].emails[0]


def held(shop: Shop) -> set[str]:
    held_by(shop.con, "test", "meta_custom_audience", "now_held")
    return {who for (who,) in shop.con.execute("select profile_id from now_held").fetchall()}


def on_platform(shop: Shop) -> set[str]:
    """What a platform holds that took every file, in order: hashed e-mails."""
    holds: set[str] = set()
    for folder in sorted(shop.exports.glob("*/*/*/*/"), key=lambda path: path.parent.name):
        for path in sorted(folder.glob("remove*.csv")):
            holds -= {row[0] for row in cells(path)[1:]}
        for path in sorted(folder.glob("add*.csv")):
            holds |= {row[0] for row in cells(path)[1:]}
    return holds


def kill_often(processes: Processes, project: Path, kills: int) -> None:
    """Kill so many exports, each at a moment of its own, and see after each that all agrees and nothing was lost."""
    dice = random.Random(kills)
    before, wanted = set[str](), world(project, 0)
    usual, ended, moment = 0.0, 0, AS_OF
    for number in range(-2, kills + 1):
        moment += timedelta(hours=1)
        began = time.monotonic()
        pid = processes.begin(project=str(project), run_id=f"run{number + 2}", as_of=moment.isoformat())
        if 0 <= number < kills:
            time.sleep(dice.uniform(0, usual))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        code = processes.end()["ended"]
        assert code in (0, -signal.SIGKILL)
        # The first makes the tables and is slower than all others.
        usual = time.monotonic() - began if number < 0 else usual
        ended += code == 0
        shop = Shop(project)
        reconcile(shop.con, shop.settings)
        agree(shop)
        now = held(shop)
        assert now == wanted or (code and now == before)
        assert reconcile(shop.con, shop.settings) == []
        shop.con.close()
        if number < kills:
            before, wanted = now, world(project, dice.randrange(PEOPLE))
    assert ended < kills, "some were killed indeed"
    assert now == wanted and on_platform(shop) == {hashlib.sha256(mail_of(who).encode()).hexdigest() for who in wanted}


def test_killed_at_random_moments(processes: Processes, tmp_path: Path) -> None:
    """A power cut at the wrong instruction leaves half a list, or a ledger that lies about who is on it."""
    kill_often(processes, tmp_path / "project", 10)


@pytest.mark.full
def test_killed_at_many_random_moments(tmp_path: Path) -> None:
    """The same two hundred times, with every check of the files."""
    processes = Processes("checked")
    kill_often(processes, tmp_path / "project", 200)
    processes.close()


def test_a_disk_that_is_full(processes: Processes, tmp_path: Path) -> None:
    """One sentence, nothing half-written, and the next run writes it all."""
    project = tmp_path / "project"
    request = {"project": str(project), "run_id": "one", "as_of": AS_OF.isoformat(), "database": ":memory:", "fill": 500}
    processes.begin(**request, largest_file=20_000)
    ended = processes.end()
    assert ended["ended"] == REFUSED and "The export can't be written" in ended["told"]
    exports = project / "exports"
    assert [path for path in exports.rglob("*") if path.is_file()] == []
    processes.begin(**request)
    assert processes.end() == {"ended": 0}
    assert (exports / "meta_custom_audience/test/latest").is_file()


def test_a_folder_that_may_not_be_written(processes: Processes) -> None:
    """A mount that came up read-only must not end in a traceback, nor in a ledger of files that are not there."""
    with tempfile.TemporaryDirectory() as folder:
        project, user = Path(folder) / "project", NOBODY if os.geteuid() == 0 else None
        (project / "exports").mkdir(parents=True)
        (project / "exports").chmod(0o500)
        if user is not None:
            Path(folder).chmod(0o711)
            for path in (project, project / "exports"):
                os.chown(path, user, user)
        request = {"project": str(project), "run_id": "one", "as_of": AS_OF.isoformat(), "database": ":memory:", "fill": 5}
        processes.begin(**request, user=user)
        ended = processes.end()
        assert ended["ended"] == REFUSED
        assert "The export can't be written: Permission denied" in ended["told"] and "Traceback" not in ended["told"]
        (project / "exports").chmod(0o700)
        processes.begin(**request, user=user)
        assert processes.end() == {"ended": 0}


@pytest.mark.parametrize("command", [["ack", "brevo/brevo_win_back"], ["resync", "brevo_win_back"]])
def test_two_commands_at_once(tmp_path: Path, command: list[str]) -> None:
    """Two writers of one ledger would each export what the other has just sent; the second must say so, not wait for ever."""
    Shop(tmp_path).con.close()
    (tmp_path / "relance.yml").write_text("company: {name: A, currency: EUR, timezone: Europe/Paris, country: FR}\n")
    holding = (
        "import sys; from dagster_project.settings import load_settings; from dagster_project.warehouse import run_lock\n"
        f"with run_lock(load_settings({str(tmp_path)!r})): print('held', flush=True); sys.stdin.read()"
    )
    path = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    first = subprocess.Popen(
        [sys.executable, "-c", holding], env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert first.stdout and first.stdout.readline() == "held\n"
    refused = CliRunner().invoke(main, [*command, "--config", str(tmp_path)])
    assert refused.exit_code == 2 and "Another run of this project is going on" in refused.output
    # The system lets go of a killed command's lock.
    first.kill()
    first.wait()
    again = CliRunner().invoke(main, [*command, "--config", str(tmp_path)])
    assert "Another run" not in again.output
