"""One measured piece of work on the audience room; each runs in a process of its own: `python -m bench.audiences_case WORK …`.

grow PROJECT SMALL COPIES: what the room reads, taken from the warehouse SMALL of a small shop, each of its people COPIES times.
read PROJECT: the last line is JSON with the seconds of one full read of profiles and of profile_products, and the processor's.
build PROJECT: the models of the room, by dbt; the last line is JSON with the seconds from the first start to the last end, what
    each model took, and how many rows there are of candidates and members.
examine PROJECT: whether copies of a person stand where the person does, and nobody stands in an audience twice; exit code 1 where
    not.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import open_warehouse

ROOM = "path:models/audiences,resource_type:model"
READ = ("profiles.profiles", "profiles.profile_products")
"""What the cost of an audience is held against."""
REPETITIONS = 3

_OF_A_PERSON = (
    "profile_id", "old_profile_id", "alias", "identifier", "email", "phone", "customer_id", "order_id", "lead_id", "referrer",
)  # fmt: skip
"""Columns by which tables name a person or what is theirs alone; a table without any is the same for any number of people."""
_COPIED = """create or replace temp macro copied(name, copy) as case
    when copy = 0 then name
    when contains(name, '@') then replace(name, '@', '-' || copy || '@')
    else name || '-' || copy
end"""


def grow(settings: Settings, small: str, copies: str) -> None:
    manifest = _manifest(settings)
    with open_warehouse(settings) as con:
        con.execute(f"attach '{small}' as small (read_only)")
        con.execute(_COPIED)
        present = set(
            con.execute("select table_schema, table_name from information_schema.tables where table_catalog = 'small'").fetchall()
        )
        control = {(schema, table) for schema, table in present if schema == "control"}
        for schema, table in sorted(control | (_tables_read(manifest) & present)):
            _grow(con, schema, table, int(copies), _words(manifest))
        con.execute("detach small")
        con.execute("checkpoint")


def _grow(con: duckdb.DuckDBPyConnection, schema: str, table: str, copies: int, words: set[str]) -> None:
    name = f'"{schema}"."{table}"'
    columns = [row[0] for row in con.execute(f"describe small.{name}").fetchall()]
    if f"{schema}.{table}" not in READ and schema != "control":
        columns = [column for column in columns if column in words]
    wanted = ", ".join(f'copied("{each}", copy) as "{each}"' if each in _OF_A_PERSON else f'"{each}"' for each in columns)
    times = copies if any(column in _OF_A_PERSON for column in columns) else 1
    con.execute(f'create schema if not exists "{schema}"')
    # What the day before left is cleared away first: the file would hold both.
    con.execute(f"drop table if exists {name}")
    con.execute("checkpoint")
    con.execute(f"create table {name} as select {wanted} from small.{name} cross join range({times}) as times(copy)")


def _manifest(settings: Settings) -> dict[str, Any]:
    from dagster_project.dbt_parse import prepare_manifest
    from dagster_project.dbt_workspace import prepare_workspace

    return json.loads(prepare_manifest(prepare_workspace(settings)).read_text(encoding="utf-8"))


def _room(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node["fqn"][1] == "audiences"]


def _read_by_room(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the room reads of other rooms, and what views among that read."""
    nodes, in_room = {**manifest["nodes"], **manifest["sources"]}, _room(manifest)
    own = {node["unique_id"] for node in in_room}
    seen, waiting = set(own), [parent for node in in_room for parent in node["depends_on"]["nodes"]]
    while waiting:
        parent = waiting.pop()
        if parent not in seen:
            seen.add(parent)
            yield nodes[parent]
            waiting += nodes[parent]["depends_on"]["nodes"] if _is_view(nodes[parent]) else []


def _is_view(node: dict[str, Any]) -> bool:
    return node["resource_type"] == "model" and node["config"]["materialized"] == "view"


def _tables_read(manifest: dict[str, Any]) -> set[tuple[str, str]]:
    return {(node["schema"], node.get("alias") or node["identifier"]) for node in _read_by_room(manifest) if not _is_view(node)}


def _words(manifest: dict[str, Any]) -> set[str]:
    """All words of the SQL that the room is made by: columns that are not among them need not be there."""
    nodes = [*_room(manifest), *(node for node in _read_by_room(manifest) if _is_view(node))]
    texts = {node["unique_id"]: node["raw_code"] for node in nodes}
    waiting = [macro for node in nodes for macro in node["depends_on"]["macros"]]
    while waiting:
        macro = manifest["macros"][waiting.pop()]
        if macro["package_name"] == "relance" and macro["unique_id"] not in texts:
            texts[macro["unique_id"]] = macro["macro_sql"]
            waiting += macro["depends_on"]["macros"]
    return set(re.findall(r"\w+", " ".join(texts.values())))


def read(settings: Settings) -> None:
    seconds, cpu_seconds = {}, {}
    with open_warehouse(settings) as con:
        for table in READ:
            columns = [row[0] for row in con.execute(f"describe {table}").fetchall()]
            # A greatest value is found by looking at all of them; a first one, or a count, may be told without.
            wanted = ", ".join(f'max("{column}")' for column in columns)
            taken = []
            for _ in range(REPETITIONS):
                started, started_cpu = time.monotonic(), time.process_time()
                con.execute(f"select {wanted} from {table}").fetchall()
                taken.append((time.monotonic() - started, time.process_time() - started_cpu))
            seconds[table], cpu_seconds[table] = (round(sorted(each)[REPETITIONS // 2], 3) for each in zip(*taken, strict=True))
        people = con.execute("select count(*) from profiles.profiles").fetchone()
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "profiles": people[0] if people else 0}))


def build(settings: Settings) -> None:
    from dagster_project.dbt_run import NodeResult, dbt_build
    from dagster_project.dbt_workspace import prepare_workspace

    views = [node["name"] for node in _read_by_room(_manifest(settings)) if _is_view(node)]
    spans: list[tuple[float, float]] = []

    def ended(node: NodeResult) -> None:
        spans.append((time.monotonic() - node.execution_time, time.monotonic()))

    started_cpu = time.process_time()
    results = dbt_build(prepare_workspace(settings), [ROOM, *views], on_result=ended, indirect_tests=False)
    cpu_seconds = time.process_time() - started_cpu
    results.raise_if_broken()
    with open_warehouse(settings, read_only=True) as con:
        audiences, candidates, members = con.execute(
            """select (select count(*) from control.audiences), (select count(*) from audiences.decisions),
                (select count(*) from audiences.members)"""
        ).fetchone() or (0, 0, 0)
    told = {
        "seconds": round(max(end for _, end in spans) - min(start for start, _ in spans), 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "models": {node.name: round(node.execution_time, 2) for node in results.nodes},
        "audiences": audiences,
        "candidates": candidates,
        "members": members,
    }
    print(json.dumps(told))


def examine(settings: Settings) -> int:
    """1 where a person's copy does not stand where the person does, or an audience tells of somebody twice."""
    with open_warehouse(settings, read_only=True) as con:
        apart = con.execute(
            """with persons as (
                select audience, profile_id, blocked_by from audiences.decisions where profile_id not like '%-%'
            ), copies as (
                select audience, split_part(profile_id, '-', 1) as profile_id, blocked_by
                from audiences.decisions where profile_id like '%-1'
            )
            select count(*) from persons full join copies using (audience, profile_id)
            where persons.blocked_by is distinct from copies.blocked_by or persons.audience is null or copies.audience is null"""
        ).fetchone()
        twice = 0
        # One by one: of all audiences at once, memory would not hold the names.
        for (audience,) in con.execute("select audience from control.audiences").fetchall():
            query = "select count(*) - count(distinct profile_id) from audiences.decisions where audience = $audience"
            twice += (con.execute(query, {"audience": audience}).fetchone() or (0,))[0]
    return 0 if apart == (0,) and not twice else 1


def main(work: str, project: str, *rest: str) -> int:
    settings = load_settings(Path(project))
    return {"grow": grow, "read": read, "build": build, "examine": examine}[work](settings, *rest) or 0  # type: ignore[operator]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
