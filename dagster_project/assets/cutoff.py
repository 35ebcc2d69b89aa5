"""When nothing is new but the hour, a table that is made of what stands as it stood is not made again.

What hangs on nothing that an hour can change is not even handed to dbt, which takes as long to look at a table as to make a small
one. Which tables an hour does change is known only on the way: whoever has a birthday enters an audience at midnight, but most of
what is known of people is the same an hour later. So each table that was made anew is compared with what it was, by a hash of its
rows in whatever order, and what hangs on nothing that changed stays (dbt_runners.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import TopologicalSorter
from typing import Any

import duckdb

from dagster_project.assets.dbt_translator import is_blocking
from dagster_project.assets.scope import hangs_on_the_clock
from dagster_project.catalog import has_table

_STAMPS = "run_is_a_stamp"
"""In the meta of a model that takes from control.run nothing but what it writes beside the rows it has to add."""


def grounds_of(manifest: Mapping[str, Any], chosen: Collection[str]) -> dict[str, set[str]]:
    """Table or test that must hold, among the chosen → the relations ("schema.table") whose rows decide its own.

    Tables that grow are made in any case: a run leaves its mark in them. So are tests that only warn: what they last said is
    not known here.
    """
    return {
        uid: _ground(manifest, uid)
        for uid in chosen
        if _is_table(manifest["nodes"][uid]) or _is_blocking_test(manifest["nodes"][uid])
    }


def watch(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], chosen: Collection[str]) -> tuple[set[str], set[str]]:
    """Begin a build of what depends on the clock: enter what has changed before dbt makes anything.

    The control tables must be this run's already.

    Returns:
        Those of the chosen that may come out otherwise than they stand, and the tests that only warn; the relations that are not
        what they were.
    """
    now = _contents(con)
    known = "select relation, content from control.stood"
    stood = dict(con.execute(known).fetchall()) if has_table(con, "control", "stood") else {}
    moved = {relation for relation, content in now.items() if stood.get(relation) != content}
    moved |= {_relation(source) for source in manifest["sources"].values() if hangs_on_the_clock(source)} - now.keys()
    may_change = _may_change(manifest, chosen, moved)
    moved |= {_relation(manifest["nodes"][uid]) for uid in may_change if _grows(manifest["nodes"][uid])}
    return may_change, moved


def remember_what_stood(con: duckdb.DuckDBPyConnection) -> None:
    """Keep what the control tables of a build that held have said."""
    contents = _contents(con)
    con.execute(
        "create or replace table control.stood as select unnest($1::varchar[]) as relation, unnest($2::varchar[]) as content",
        [list(contents), list(contents.values())],
    )


def _contents(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What each control table says: of the days around, of the moments of scores, and of settings, behind some of which stands a
    library that may be newer now. What has been exported is a view, and taken for new: to compare it would cost what its history
    is long."""
    tables = con.execute("select table_name from duckdb_tables() where schema_name = 'control'").fetchall()
    counted = "select count(*) || ' ' || coalesce(sum(hash(relance_row))::varchar, '') from control.{} as relance_row"
    return {f"control.{table}": str((con.execute(counted.format(table)).fetchone() or [""])[0]) for (table,) in tables}


def _may_change(manifest: Mapping[str, Any], chosen: Collection[str], moved: Collection[str]) -> set[str]:
    """Those of the chosen that are made of what has moved, however many steps away."""
    relations, found = set(moved), set()
    for uid in TopologicalSorter({uid: manifest["parent_map"][uid] for uid in chosen}).static_order():
        if uid not in chosen:
            continue
        node = manifest["nodes"][uid]
        if _ground(manifest, uid) & relations or (node["resource_type"] == "test" and not is_blocking(node)):
            found.add(uid)
            if node["resource_type"] != "test":
                relations.add(_relation(node))
    return found


def _ground(manifest: Mapping[str, Any], uid: str) -> set[str]:
    """The relations whose rows decide those of a node."""
    found = {_relation(_node(manifest, parent)) for parent in _made_of(manifest, uid)}
    return found - {"control.run"} if manifest["nodes"][uid]["config"].get("meta", {}).get(_STAMPS) else found


def _made_of(manifest: Mapping[str, Any], uid: str) -> set[str]:
    """Tables and sources that a node reads, through views too: a view is what its tables are."""
    found: set[str] = set()
    for parent in manifest["parent_map"][uid]:
        found |= _made_of(manifest, parent) if _is_view(manifest, parent) else {parent}
    return found


def _is_view(manifest: Mapping[str, Any], uid: str) -> bool:
    return uid in manifest["nodes"] and manifest["nodes"][uid]["config"]["materialized"] == "view"


def _node(manifest: Mapping[str, Any], uid: str) -> Mapping[str, Any]:
    return manifest["nodes"].get(uid) or manifest["sources"][uid]


def _relation(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node.get('alias') or node['identifier']}"


def _is_table(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "model" and node["config"]["materialized"] == "table"


def _is_blocking_test(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "test" and is_blocking(node)


def _grows(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] in ("model", "seed") and node["config"]["materialized"] not in ("table", "view")
