"""Run a command in a process of its own and measure it, as a whole and by the steps it tells of.

Stages come from the plain lines that `relance run` prints where nobody sits at a terminal ("[   7.9 s] landing: …"): a person
sees the same lines, they cover imports and the report, which Dagster's event log does not, and the pipeline needs no change for
them. They are timed when they arrive here, by one clock that starts before the interpreter does.

Peak memory is resident memory. Where there is /proc it is the kernel's high-water mark of the process (VmHWM), read twenty
times a second and at the end of each stage: a mark only rises, so however short a peak, it is seen, but for one in the last
twentieth of a second. A stage that did not raise the mark has the largest sample of its resident size instead. What `wait4`
books (ru_maxrss) also counts the parent's memory at the moment of the fork, so it serves only where there is no /proc.
"""

from __future__ import annotations

import os
import re
import signal
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
_BOOKED_UNIT = 1 if sys.platform == "darwin" else 1024
_TAIL_LINES = 15


class TooMuchMemory(RelanceError):
    """The process needed more memory than it may have, or than there was."""

    def __init__(self, needed: int):
        super().__init__(f"The measured command was stopped at {needed / 2**30:.1f} GiB of memory")
        self.bytes = needed


@dataclass
class Stage:
    """Part of a run. seconds: wall; cpu_seconds: of all threads; peak_bytes: resident. The latter two are None without /proc."""

    name: str
    seconds: float = 0.0
    cpu_seconds: float | None = None
    peak_bytes: int | None = None


@dataclass(frozen=True)
class Measurement:
    """What a process cost. `output` is everything it printed."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    stages: list[Stage] = field(default_factory=list)
    output: str = ""


def measure(
    arguments: list[str], folder: Path, stage_of: Callable[[str], str] | None = None, most_bytes: int | None = None
) -> Measurement:
    """Run this Python with `arguments` in `folder`.

    Args:
        stage_of: the stage that a step (the text after the time) belongs to. The first stage begins with the process.
        most_bytes: resident memory above which the process is stopped (where there is /proc).

    Raises:
        TooMuchMemory: it was stopped for that, by the system for want of memory, or ended with a MemoryError.
        RelanceError: the command failed; its last lines are in the message.
    """
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": _path(os.environ), "COLUMNS": "200"}
    with tempfile.TemporaryFile("w+") as errors:
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        clock = _StageClock(process.pid, started, most_bytes, process.kill)
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
            if process.returncode == -signal.SIGKILL or any(line.startswith("MemoryError") for line in tail):
                raise TooMuchMemory(clock.high_water or usage.ru_maxrss * _BOOKED_UNIT)
            raise RelanceError(f"The measured command ended with {process.returncode}:\n{''.join(tail)}", " ".join(arguments))
    cpu_seconds = usage.ru_utime + usage.ru_stime
    clock.end(seconds, cpu_seconds)
    peak = clock.high_water or usage.ru_maxrss * _BOOKED_UNIT
    return Measurement(seconds, cpu_seconds, peak, clock.stages, "".join(lines))


def _path(environment: Mapping[str, str]) -> str:
    return os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))


class _StageClock:
    """Adds up seconds and memory by stage while the process runs. The first stage has no name until a step is told."""

    def __init__(self, pid: int, started: float, most_bytes: int | None, kill: Callable[[], None]):
        self._pid, self._started, self._most_bytes, self._kill = pid, started, most_bytes, kill
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._since = self._cpu_since = 0.0
        self.high_water = 0
        self.stages = [Stage("")]

    def enter(self, name: str) -> None:
        with self._lock:
            current = self.stages[-1]
            if current.name in ("", name):
                current.name = name
                return
            self._sample()
            self._book(time.monotonic() - self._started, self._cpu())
            self.stages.append(Stage(name))

    def watch(self) -> None:
        while not self._stopped.wait(_SAMPLE_SECONDS):
            with self._lock:
                self._sample()

    def stop(self) -> None:
        self._stopped.set()

    def end(self, seconds: float, cpu_seconds: float) -> None:
        with self._lock:
            self._book(seconds, cpu_seconds if self.high_water else None)

    def _book(self, now: float, cpu: float | None) -> None:
        """Close the current stage: wall and processor seconds of the process so far."""
        stage = self.stages[-1]
        stage.seconds, self._since = now - self._since, now
        if cpu is not None:
            stage.cpu_seconds, self._cpu_since = cpu - self._cpu_since, cpu

    def _cpu(self) -> float | None:
        try:
            with open(f"/proc/{self._pid}/stat", encoding="utf-8") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _sample(self) -> None:
        resident, high_water = self._memory()
        raised = high_water > self.high_water
        self.high_water = max(self.high_water, high_water)
        if self._most_bytes and resident > self._most_bytes:
            self._kill()
        seen = high_water if raised else resident
        if seen:
            self.stages[-1].peak_bytes = max(self.stages[-1].peak_bytes or 0, seen)

    def _memory(self) -> tuple[int, int]:
        """Resident bytes now and at most so far; zeros where that can't be told."""
        try:
            with open(f"/proc/{self._pid}/status", encoding="utf-8") as status:
                found = {line.split()[0]: int(line.split()[1]) * 1024 for line in status if line.startswith(("VmRSS:", "VmHWM:"))}
        except OSError:
            return 0, 0
        return found.get("VmRSS:", 0), found.get("VmHWM:", 0)
