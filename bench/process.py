"""Run a command in a process of its own and measure it, as a whole and by the steps it tells of.

Stages come from the plain lines that `relance run` prints where nobody sits at a terminal ("[   7.9 s] landing: …"): a person
sees the same lines, they cover imports and the report, which Dagster's event log does not, and the pipeline needs no change for
them. They are timed when they arrive here, by one clock that starts before the interpreter does.

Peak memory is resident memory (RSS). Of the whole process it is what the kernel booked (`wait4`: the process alone, however
short its peak); of a stage it is the kernel's high-water mark where the stage raised it, else the largest of samples taken
twenty times a second from /proc (absent where there is no /proc).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.errors import RelanceError

ROOT = Path(__file__).parents[1]
_STEP = re.compile(r"\[ *[\d.]+ s\] (.+)")
_SAMPLE_SECONDS = 0.05
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
_TAIL_LINES = 15


@dataclass
class Stage:
    """Part of a run. seconds: wall; peak_bytes: resident memory, None where it can't be told."""

    name: str
    seconds: float = 0.0
    peak_bytes: int | None = None


@dataclass(frozen=True)
class Measurement:
    """What a process cost. `output` is everything it printed."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    stages: list[Stage] = field(default_factory=list)
    output: str = ""


def measure(arguments: list[str], folder: Path, stage_of: Callable[[str], str] | None = None) -> Measurement:
    """Run this Python with `arguments` in `folder`.

    Args:
        stage_of: the stage that a step (the text after the time) belongs to. The first stage begins with the process.

    Raises:
        RelanceError: the command failed; its last lines are in the message.
    """
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": _path(os.environ), "COLUMNS": "200"}
    with tempfile.TemporaryFile("w+") as errors:
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        clock = _StageClock(process.pid, started)
        watcher = threading.Thread(target=clock.watch, daemon=True)
        watcher.start()
        lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            step = _STEP.match(line)
            if step and stage_of:
                clock.enter(stage_of(step[1]))
        clock.stop()
        watcher.join()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode:
            errors.seek(0)
            tail = [*lines, *errors.readlines()][-_TAIL_LINES:]
            raise RelanceError(f"The measured command ended with {process.returncode}:\n{''.join(tail)}", " ".join(arguments))
    clock.end(seconds)
    return Measurement(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _RSS_UNIT, clock.stages, "".join(lines))


def _path(environment: Mapping[str, str]) -> str:
    return os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))


class _StageClock:
    """Adds up seconds and memory by stage while the process runs. The first stage has no name until a step is told."""

    def __init__(self, pid: int, started: float):
        self._pid, self._started = pid, started
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._since = 0.0
        self._high_water = 0
        self.stages = [Stage("")]

    def enter(self, name: str) -> None:
        with self._lock:
            current = self.stages[-1]
            if current.name in ("", name):
                current.name = name
                return
            self._book(time.monotonic() - self._started)
            self.stages.append(Stage(name))

    def watch(self) -> None:
        while not self._stopped.wait(_SAMPLE_SECONDS):
            with self._lock:
                self._remember(self._memory("VmRSS"))

    def stop(self) -> None:
        self._stopped.set()

    def end(self, seconds: float) -> None:
        with self._lock:
            self._book(seconds)

    def _book(self, now: float) -> None:
        """Close the current stage."""
        self.stages[-1].seconds = now - self._since
        self._since = now
        high_water = self._memory("VmHWM") or 0
        if high_water > self._high_water:
            self._remember(high_water)
            self._high_water = high_water

    def _remember(self, size: int | None) -> None:
        if size is not None:
            self.stages[-1].peak_bytes = max(self.stages[-1].peak_bytes or 0, size)

    def _memory(self, field_name: str) -> int | None:
        try:
            with open(f"/proc/{self._pid}/status") as status:
                for line in status:
                    if line.startswith(field_name):
                        return int(line.split()[1]) * 1024
        except (OSError, ValueError):
            pass
        return None
