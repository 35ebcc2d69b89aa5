"""A scratch copy of the warehouse: models built anew under the configuration of today, beside tables that stay where they are.

The scratch file (`.relance/preview/`) holds what is built and the control tables; all else are views of the project's warehouse,
which is attached for reading. Nothing in the project's own warehouse, exports or journals is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import yaml

from dagster_project.catalog import has_table
from dagster_project.control import Run, write_control
from dagster_project.dbt_run import dbt_build
from dagster_project.dbt_workspace import Workspace, prepare_workspace
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import identifier, literal
from dagster_project.published import readable
from dagster_project.settings import Settings
from dagster_project.warehouse import open_file, open_warehouse, run_lock

FOLDER = Path(".relance") / "preview"
_ROOMS = ("unified", "identity", "profiles", "scores", "audiences", "quality", "activation")


@contextmanager
def scratch_build(
    settings: Settings,
    select: Sequence[str],
    anew: Collection[tuple[str, str]],
    tell: Callable[[str], None],
    without: Sequence[str] = (),
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Build models in a scratch copy; yields a connection to it, in which the project's warehouse is attached as `catalog` says.

    Args:
        select, without: dbt selection terms of the models that are built, and of those that are not; seeds always are.
        anew: (schema, table) of what must not be there before, such as journals and what grows by increments.
        tell: hears what is being done.

    Raises:
        RelanceError: there is no warehouse with people yet, another command is running, or a model can't be built.
    """
    if not settings.warehouse_path.exists():
        raise RelanceError("There is no warehouse yet", str(settings.warehouse_path), "run `relance run` first")
    scratch = _scratch(settings)
    # One preview at a time. What it reads stands still: the copy for readers or, where there is none, the warehouse, held.
    with run_lock(scratch, "preview"), readable(settings) as source:
        _remove(scratch)
        with open_file(source, settings, read_only=True) as con:
            if not has_table(con, "control", "run") or not has_table(con, "identity", "identifiers"):
                raise RelanceError("No run has ended yet", str(settings.warehouse_path), "run `relance run` first")
            run = Run(*(con.execute("select run_id, as_of from control.run").fetchone() or ()))
        try:
            tell("reading the configuration")
            with open_warehouse(scratch) as con:
                write_control(con, scratch, run)
                _attach(con, settings, source)
                con.execute(f"update control.company set horizon = (select horizon from {catalog(settings)}.control.company)")
                con.execute("update control.today set ends_at = coalesce((select horizon from control.company), ends_at)")
                _lay_views(con, settings, anew)
            workspace = prepare_workspace(scratch)
            _attach_in_dbt(workspace, settings, source)
            tell("building the models in a scratch copy")
            dbt_build(workspace, ["resource_type:seed", *select], without, indirect_tests=False).raise_if_broken()
            with open_warehouse(scratch) as con:
                _attach(con, settings, source)
                yield con
        finally:
            # It holds people's data, and nobody erases anything in it.
            _remove(scratch)


def catalog(settings: Settings) -> str:
    """What the project's warehouse is called in the scratch copy: by its own name, which views of it bear within them."""
    return identifier(settings.warehouse_path.stem)


def _scratch(settings: Settings) -> Settings:
    """The same project with a state and an empty warehouse of its own."""
    parts = {"warehouse": settings.warehouse.model_copy(update={"path": FOLDER / "relance_preview.duckdb"})}
    scratch = settings.model_copy(update=parts)
    scratch._state = FOLDER
    scratch.state_path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return scratch


def _remove(scratch: Settings) -> None:
    for path in scratch.state_path.glob(f"{scratch.warehouse_path.name}*"):
        path.unlink()


def _attach(con: duckdb.DuckDBPyConnection, settings: Settings, source: Path) -> None:
    con.execute(f"attach {literal(str(source))} as {catalog(settings)} (read_only)")


def _attach_in_dbt(workspace: Workspace, settings: Settings, source: Path) -> None:
    path = workspace.profiles_dir / "profiles.yml"
    profile = yaml.safe_load(path.read_text())
    profile["relance"]["outputs"]["duckdb"]["attach"] = [
        {"path": str(source), "alias": settings.warehouse_path.stem, "read_only": True}
    ]
    path.write_text(yaml.safe_dump(profile, sort_keys=True))


def _lay_views(con: duckdb.DuckDBPyConnection, settings: Settings, anew: Collection[tuple[str, str]]) -> None:
    rooms = ", ".join(literal(room) for room in _ROOMS)
    of = f"database_name = {literal(settings.warehouse_path.stem)} and schema_name in ({rooms}) and not internal"
    found = con.execute(
        f"""select schema_name, table_name from duckdb_tables() where {of}
        union select schema_name, view_name from duckdb_views() where {of} order by all"""
    ).fetchall()
    for schema, table in found:
        if (schema, table) not in anew:
            con.execute(f"create schema if not exists {identifier(schema)}")
            name = f"{identifier(schema)}.{identifier(table)}"
            # The ledger is there already, empty; what was sent keeps people out of what they have had.
            con.execute(f"drop table if exists {name}")
            con.execute(f"create view {name} as from {catalog(settings)}.{name}")
