"""Exports in processes of their own, to be killed: `python export_process.py` imports all once, then forks for each request.

With `checked` as argument, Great Expectations looks at the files. A request is a line of JSON on standard input: project, run_id,
as_of, and what `export` below takes besides. The answer is a line with the process id as soon as the export begins, one with the
error if there is one, and one with how it ended (a signal is negative).
"""

from __future__ import annotations

import json
import os
import resource
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from activation_shop import Shop, people, shipped_destinations

from dagster_project.activation import publish
from dagster_project.activation.build import run_activation
from dagster_project.activation.reconcile import reconcile
from dagster_project.errors import RelanceError
from dagster_project.quality.gx import CheckResult, expectations

REFUSED = 2


def export(request: dict[str, Any]) -> None:
    """
    Args:
        request: also `user` (id of the account that exports), `database` (:memory: for a warehouse that is not kept), `fill` (how
            many people are in the audience), `largest_file` (bytes that a file may have).
    """
    if request.get("user") is not None:
        os.setgid(request["user"])
        os.setuid(request["user"])
    shop = Shop(Path(request["project"]), request.get("database"))
    shop.fill(people(request["fill"])) if "fill" in request else None
    if request.get("largest_file"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["largest_file"], request["largest_file"]))
    print(json.dumps({"pid": os.getpid()}), flush=True)
    try:
        reconcile(shop.con, shop.settings)
        as_of = datetime.fromisoformat(request["as_of"])
        run_activation(shop.settings, shop.con, shop.activation(max_rows=100), request["run_id"], as_of)
    except RelanceError as error:
        print(json.dumps({"told": str(error)}), flush=True)
        os._exit(REFUSED)
    os._exit(0)


def main() -> None:
    # Before the fork, and as the user who may read the libraries.
    if "checked" in sys.argv:
        expectations()
    else:
        publish.check_file = lambda con, path, *_: CheckResult(path.name, True)
    shipped_destinations()
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("select ?", [1])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            export(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(json.dumps({"ended": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
