"""How dbt carries out a model or a test in DuckDB here: what it compiled once it does not compile again, and what stands stays.

dbt takes some 40 ms of Python for each node beside what the database does: it makes the context of a thousand macros twice,
compiles the SQL and interprets a materialization that in DuckDB is one statement. Its tasks look up a runner per kind of node;
these runners are dbt's own, and leave to it whatever is not plainly a table, a view or a test in SQL.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from dbt.artifacts.schemas.results import RunStatus
from dbt.artifacts.schemas.run import RunResult
from dbt.clients.jinja import add_rendered_test_kwargs
from dbt.compilation import Compiler
from dbt.contracts.graph.nodes import GenericTestNode
from dbt.node_types import NodeType
from dbt.task.base import BaseRunner
from dbt.task.build import BuildTask
from dbt.task.compile import CompileRunner
from dbt.task.run import ModelRunner
from dbt.task.test import TestResultData, TestRunner
from dbt_common.exceptions import DbtRuntimeError

from dagster_project import kept_work
from dagster_project.dbt_run import UNCHANGED, Standing

_HARMLESS = ("dispatch", "quote", "type")
"""What a model may ask the adapter without asking the database."""
FLEETING = re.compile(
    r"\b(run_started_at|invocation_id|invocation_args_dict|selected_resources|thread_id|should_full_refresh|modules|env_var|flags"
    r"|dbt_metadata_envs)\b"
)
"""What may be otherwise in the next run, of all that dbt gives to a model."""
_ONE_AT_A_TIME = threading.RLock()


class CompiledCode:
    """SQL of models and tests as dbt compiled it, for as long as no file of the project has changed.

    Only what hangs on nothing but these files is kept: a model that asks the database, the clock or the environment while it is
    compiled may read otherwise the next time. Another project with the same files begins with what is known of them.
    """

    def __init__(self, path: Path, parsed_as: str):
        """path: of the project's own file. parsed_as: a hash of all that the code is made of."""
        self._path, self._name = path, f"{parsed_as}.compiled"
        own = self._read(path.read_bytes() if path.is_file() else None)
        self._known = len(own)
        self._code = own or self._read(kept_work.kept(self._name))

    def _read(self, content: bytes | None) -> dict[str, str]:
        with suppress(ValueError, LookupError, TypeError):
            told = json.loads(content or b"")
            if told["name"] == self._name:
                return dict(told["code"])
        return {}

    def get(self, unique_id: str) -> str | None:
        return self._code.get(unique_id)

    def keep(self, unique_id: str, code: str) -> None:
        self._code[unique_id] = code

    def save(self) -> None:
        """Write what has come, whole or not at all. What can't be written is compiled again."""
        if len(self._code) > self._known:
            content = json.dumps({"name": self._name, "code": self._code}).encode()
            new = self._path.with_suffix(".new")
            with suppress(OSError):
                new.write_bytes(content)
                os.replace(new, self._path)
            kept_work.keep(self._name, content)


@contextmanager
def runners(code: CompiledCode, standing: Standing, stop: threading.Event) -> Iterator[None]:
    """Within it, dbt's build carries out models and tests with the runners of this module; one build at a time.

    Args:
        stop: once it is set, they begin nothing more.
    """
    given = {"kept": code, "standing": standing, "stop": stop}
    own: dict[NodeType, type[BaseRunner]] = {
        NodeType.Model: type("Models", (_Models,), given),
        NodeType.Test: type("Tests", (_Tests,), given),
    }
    with _ONE_AT_A_TIME:
        usual = BuildTask.RUNNER_MAP
        BuildTask.RUNNER_MAP = {**usual, **own}
        try:
            yield
        finally:
            BuildTask.RUNNER_MAP = usual
            code.save()


class _WatchedAdapter:
    """dbt's adapter as models see it; notes when one of them asks it something."""

    def __init__(self, adapter: Any, compiler: _WatchfulCompiler):
        self._adapter, self._compiler = adapter, compiler

    def __getattr__(self, name: str) -> Any:
        if name not in _HARMLESS:
            self._compiler.has_asked = True
        return getattr(self._adapter, name)


class _WatchfulCompiler(Compiler):
    """dbt's compiler of one node, which knows whether the database was asked meanwhile."""

    has_asked = False

    def _create_node_context(self, *args: Any) -> dict[str, Any]:
        context = super()._create_node_context(*args)
        context["adapter"] = _WatchedAdapter(context["adapter"], self)
        if isinstance(args[0], GenericTestNode):  # its arguments may ask too, and have been worked out before
            add_rendered_test_kwargs(context, args[0])
        return context


class _Quick(CompileRunner):
    """What models and tests have in common. dbt's messages of each step, which nobody hears, are left out."""

    kept: CompiledCode
    standing: Standing
    stop: threading.Event

    def __init__(self, *args: Any):
        super().__init__(*args)
        self.compiler = _WatchfulCompiler(self.config)
        self.left_to_dbt = False

    def before_execute(self) -> None:
        """Tells nothing."""

    def after_execute(self, result: RunResult) -> None:
        """Tells nothing: whoever listens hears that the node has ended."""

    def compile_and_execute(self, manifest: Any, ctx: Any) -> RunResult | None:
        if self.stop.is_set():
            raise DbtRuntimeError("The build was broken off", self.node)
        with self.adapter.connection_named(self.node.unique_id, should_release_connection=False):
            if self.stands():
                return self.unchanged()
            ctx.node = self.compile(manifest)
            try:
                return None if self.node.is_ephemeral_model else self.run(ctx.node, manifest)
            except SystemExit as error:  # of a model in Python: dbt's thread would end, and its queue wait for ever
                raise DbtRuntimeError("The model ends the process", self.node) from error

    def _safe_release_connection(self) -> str | None:
        """The next node takes the connection as it is: a new one has to be told all settings. Not so where dbt or the model did
        something by itself, which may leave temporary tables behind."""
        return super()._safe_release_connection() if self.left_to_dbt or self.compiler.has_asked else None

    def compile(self, manifest: Any) -> Any:
        code = self.kept.get(self.node.unique_id)
        if code is None:
            node = super().compile(manifest)
            if node.language == "sql" and not self.compiler.has_asked and _is_lasting(node):
                self.kept.keep(node.unique_id, node.compiled_code)
            return node
        self.node.compiled_code, self.node.compiled, self.node.extra_ctes_injected = code, True, True
        return self.node

    def stands(self) -> bool:
        return self.standing.holds(self.node.unique_id)

    def unchanged(self) -> RunResult:
        raise NotImplementedError

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows that come of a statement, which is a transaction of its own.

        Raises:
            DbtRuntimeError: the database refuses it.
        """
        connections = self.adapter.connections
        with connections.exception_handler(sql):
            cursor = connections.get_thread_connection().handle.cursor()
            cursor.execute(sql)
            # To the end: a result of which something is left keeps its transaction open, and checkpoints waiting.
            return cursor.fetchall()


class _Models(_Quick, ModelRunner):
    def execute(self, model: Any, manifest: Any) -> RunResult:
        held = self._content()
        if _is_plain(model):
            result = self._replace(model)
        else:
            self.left_to_dbt = True
            result = super().execute(model, manifest)
        if self.standing.watches(model.unique_id) and held != self._content():
            self.standing.moved.add(f"{model.schema}.{model.alias}")
        result.adapter_response |= self._counted()
        return result

    def stands(self) -> bool:
        """A table that is not there does not stand, whatever it is made of."""
        return super().stands() and (kept := self._relation()) is not None and kept.is_table

    def unchanged(self) -> RunResult:
        result = _success(self.node, UNCHANGED)
        result.adapter_response |= self._counted()
        return result

    def _replace(self, model: Any) -> RunResult:
        """A table or view takes the place of the one before in one statement, which DuckDB makes whole or not at all."""
        kind, before = model.get_materialization(), self._relation()
        if before is not None and str(before.type) != kind:
            self.adapter.drop_relation(before)
            self.adapter.commit_if_has_connection()
        self.ask(f"create or replace {kind} {model.relation_name} as (\n{model.compiled_code}\n)")
        self.adapter.cache_added(self.adapter.Relation.create_from(self.config, model, type=kind).incorporate(dbt_created=True))
        return _success(model, "OK")

    def _counted(self) -> dict[str, int]:
        """The rows of a table; of a view, that would mean to compute it."""
        if self.node.get_materialization() not in ("table", "incremental"):
            return {}
        return {"rows_affected": self.ask(f"select count(*) from {self.node.relation_name}")[0][0]}

    def _relation(self) -> Any:
        return self.adapter.get_relation(self.node.database, self.node.schema, self.node.alias)

    def _content(self) -> list[tuple[Any, ...]]:
        """What a table holds, in whatever order; nothing where nobody asks. DuckDB hashes an empty list like none, so no column
        may mean different things by them."""
        if not self.standing.watches(self.node.unique_id):
            return []
        kept = self._relation()
        if kept is None or not kept.is_table:
            return []
        return self.ask(f"select count(*), sum(hash(relance_row)) from {kept} as relance_row")


class _Tests(_Quick, TestRunner):
    def unchanged(self) -> RunResult:
        """A test that held on what has not changed since holds."""
        return self.build_test_run_result(self.node, TestResultData(0, False, False, {}))

    def execute_data_test(self, data_test: Any, manifest: Any) -> TestResultData:
        asked = data_test.config
        if asked.store_failures or asked.materialized != "test":
            self.left_to_dbt = True
            return super().execute_data_test(data_test, manifest)
        objects = f"{data_test.compiled_code}\n{'' if asked.limit is None else f'limit {asked.limit}'}"
        found = self.ask(
            f"select {asked.fail_calc}, {asked.fail_calc} {asked.warn_if}, {asked.fail_calc} {asked.error_if}\n"
            f"from (\n{objects}\n) as objections"
        )
        if len(found) != 1:
            raise DbtRuntimeError(f"`fail_calc: {asked.fail_calc}` gave {len(found)} figures where it takes one", data_test)
        figures = (_plain_number(each) if isinstance(each, Decimal) else each for each in found[0])
        told = dict(zip(("failures", "should_warn", "should_error"), figures, strict=True)) | {"adapter_response": {}}
        TestResultData.validate(told)
        return TestResultData.from_dict(told)


def _plain_number(figure: Decimal) -> int | float:
    return int(figure) if figure == int(figure) else float(figure)


def _is_plain(model: Any) -> bool:
    """Whether a model is a table or a view and nothing else besides, so that one statement makes it."""
    config = model.config
    more = (config.pre_hook, config.post_hook, config.get("sql_header"), config.contract.enforced, "sql_header" in model.raw_code)
    return model.language == "sql" and model.get_materialization() in ("table", "view") and not any(more)


def _is_lasting(node: Any) -> bool:
    """Whether the SQL that was compiled of a node, without the database being asked, hangs on the project's files alone."""
    asked = getattr(node, "test_metadata", None)
    told = f"{node.raw_code} {asked.kwargs if asked else ''} {node.config.get('where') or ''}"
    return not (node.extra_ctes or "{{" in (node.config.get("where") or "") or FLEETING.search(told))


def _success(model: Any, message: str) -> RunResult:
    return RunResult(
        node=model,
        status=RunStatus.Success,
        timing=[],
        thread_id=threading.current_thread().name,
        execution_time=0,
        message=message,
        adapter_response={},
        failures=None,
        batch_results=None,
    )
