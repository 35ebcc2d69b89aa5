"""Ctrl+C, as a terminal sends it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

COMMAND = """
import sys, threading, time
import click, duckdb
from dagster_project import cli, interrupts
interrupts.GRACE_SECONDS = 0.3

@click.command()
@cli.told_plainly
def work():
    print("at work", flush=True)
    {body}

work()
"""
SWALLOWS = """
    try:
        time.sleep(60)
    except BaseException:
        time.sleep(60)
"""
IN_A_QUERY = 'duckdb.connect().execute("select count(*) from range(1000000000000) t(a) where a % 7 = 3").fetchall()'


def _heed_ctrl_c() -> None:
    """A shell's background job ignores the signal, and what it starts inherits that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("body", ["time.sleep(60)", SWALLOWS.strip(), IN_A_QUERY], ids=["waiting", "swallowed", "in a query"])
def test_ctrl_c_ends_in_one_line(body: str):
    """Code on the way that takes the interruption for a failure would go on for minutes, or end in somebody else's traceback."""
    command = [sys.executable, "-c", COMMAND.format(body=body)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_heed_ctrl_c) as process:
        try:
            assert process.stdout and process.stdout.readline() == "at work\n"
            process.send_signal(signal.SIGINT)
            told = process.communicate(timeout=20)[1]
        finally:
            process.kill()
    assert process.returncode == 130
    assert told == "relance: interrupted; the next run picks up where this one stopped\n"


def test_what_ends_well_is_left_alone():
    """The watch must not outlive its command, nor turn its success into an interruption."""
    command = [sys.executable, "-c", COMMAND.format(body="pass")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "at work\n", "")
