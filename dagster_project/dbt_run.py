"""A build of dbt's in this process, with its results as plain data. The warehouse is released on every exit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.dbt_command import invoke, unreadable
from dagster_project.dbt_parse import load_manifest, parsed_as, prepare_manifest
from dagster_project.errors import RelanceError, safe_message
from dagster_project.room import shortage

if TYPE_CHECKING:
    from dagster_project.dbt_workspace import Workspace

_BUILT = {"success", "pass", "warn", "no-op"}
_CHOSEN = "relance_chosen"


UNCHANGED = "UNCHANGED"
"""What is said of a table that was passed over."""


@dataclass
class Standing:
    """What stands without being made: that of which nothing it is made of has moved.

    grounds: unique id → relations ("schema.table"). moved: those that have changed; grows while dbt builds.
    """

    grounds: Mapping[str, Collection[str]] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)

    def watches(self, unique_id: str) -> bool:
        return unique_id in self.grounds

    def holds(self, unique_id: str) -> bool:
        return self.watches(unique_id) and self.moved.isdisjoint(self.grounds[unique_id])


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, seed or test.

    status: success, error or skipped for models and seeds; pass, warn, fail, error or skipped for tests.
    failures: rows a test objects to; None where none could be counted.
    execution_time: seconds.
    rows: of a table, once it is made; None where nobody has counted them.
    """

    unique_id: str
    status: str
    message: str
    execution_time: float
    failures: int | None
    path: Path | None = None
    """The file of a node that could not be built."""
    rows: int | None = None

    @property
    def name(self) -> str:
        return self.unique_id.split(".")[2]

    @property
    def is_test(self) -> bool:
        return self.unique_id.startswith("test.")

    @property
    def is_unchanged(self) -> bool:
        """Whether a table was passed over, since it is made of what stands as it stood."""
        return self.message == UNCHANGED

    @property
    def held(self) -> bool:
        return self.status in _BUILT


@dataclass(frozen=True)
class DbtResults:
    """The results of one dbt command, in the order in which its nodes ended."""

    nodes: tuple[NodeResult, ...] = ()

    @cached_property
    def success(self) -> bool:
        return all(node.held for node in self.nodes)

    @cached_property
    def broken(self) -> tuple[NodeResult, ...]:
        """Models and seeds that could not be built, and tests that could not be run (not: tests that object)."""
        return tuple(node for node in self.nodes if node.status == "error")

    def raise_if_broken(self) -> None:
        """
        Raises:
            RelanceError: the first node that could not be built, with the number of others.
        """
        if not self.broken:
            return
        first, others = self.broken[0], len(self.broken) - 1
        if short := shortage(first.message):
            raise short
        what = f"dbt could not build `{first.name}`: {first.message}" + (f" (and {others} more)" if others else "")
        raise RelanceError(
            what, str(first.path) if first.path else first.unique_id, "correct the model or its input, then run again"
        )


def dbt_build(
    workspace: Workspace,
    select: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    full_refresh: bool = False,
    on_result: Callable[[NodeResult], None] | None = None,
    indirect_tests: bool = True,
    standing: Standing | None = None,
    chosen: Collection[str] | None = None,
    stop: threading.Event | None = None,
) -> DbtResults:
    """Build models and seeds and run the data tests on them; unit tests belong to the test suite and are left out.

    Args:
        select, exclude: dbt selection terms; by default everything.
        on_result: called from dbt's own threads when a node has ended.
        indirect_tests: run the tests on selected models alone, not only selected tests.
        standing: models and tests that are passed over where they stand; in DuckDB alone.
        chosen: unique ids of what is built, tests among them, beside what `select` names. dbt looks at every node once for each
            term of a selection; so these bear a tag, which is one term.
        stop: once it is set, no more models and tests are begun; in DuckDB alone.

    Raises:
        RelanceError: dbt could not start (a project or model it can't read, a warehouse it can't open). A node that fails
            does not raise: its result says so.
    """
    prepare_manifest(workspace)
    manifest = load_manifest(workspace)
    for unique_id in chosen or ():
        manifest.nodes[unique_id].tags.append(_CHOSEN)
    if chosen is not None:
        select = [*(select or ()), f"tag:{_CHOSEN}"]
    args = ["build", "--no-write-json", "--exclude-resource-type", "unit_test"]
    args += ["--indirect-selection", "cautious" if indirect_tests and chosen is None else "empty"]
    if select is not None:
        args += ["--select", *select]
    if exclude:
        args += ["--exclude", *exclude]
    if full_refresh:
        args.append("--full-refresh")

    def path_of(unique_id: str) -> Path | None:
        node = manifest.nodes.get(unique_id)
        return (workspace.project_dir / node.original_file_path).resolve() if node else None

    def listen(event: Any) -> None:
        if on_result and event.info.name == "NodeFinished":
            run = event.data.run_result
            unique_id = event.data.node_info.unique_id
            on_result(
                _node(unique_id, run.status, run.message, run.execution_time, run.num_failures, path_of, run.adapter_response)
            )

    try:
        with ExitStack() as held:
            if manifest.metadata.adapter_type == "duckdb":
                from dagster_project.dbt_runners import CompiledCode, runners

                code = CompiledCode(workspace.target_dir / "compiled.json", parsed_as(workspace))
                held.enter_context(runners(code, standing or Standing(), stop or threading.Event()))
            outcome = invoke(workspace, args, manifest, listen)
    finally:
        release_warehouse()
    results = getattr(outcome.result, "results", None)
    if results is None:
        raise unreadable(outcome.exception, workspace)
    nodes = [
        _node(each.node.unique_id, each.status, each.message, each.execution_time, each.failures, path_of, each.adapter_response)
        for each in results
    ]
    return DbtResults(tuple(nodes))


def _node(
    unique_id: str,
    status: Any,
    message: Any,
    seconds: float,
    failures: int | None,
    path_of: Callable[[str], Path | None],
    response: Mapping[str, Any],
) -> NodeResult:
    status = str(getattr(status, "value", status)).lower()
    counted = failures if unique_id.startswith("test.") and status not in ("skipped", "error") else None
    path = path_of(unique_id) if status == "error" else None
    rows = int(response["rows_affected"]) if "rows_affected" in response else None
    return NodeResult(unique_id, status, safe_message(str(message or "")), float(seconds or 0), counted, path, rows)


def break_off() -> None:
    """Interrupt the queries that dbt has at work, if any."""
    from dbt.adapters.factory import FACTORY

    if adapter := FACTORY.adapters.get("duckdb"):
        adapter.cancel_open_connections()


def release_warehouse() -> None:
    """dbt-duckdb may keep the database open for the life of the process; nobody else could write then."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    with DuckDBConnectionManager._LOCK:
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
    DuckDBConnectionManager.close_all_connections()
