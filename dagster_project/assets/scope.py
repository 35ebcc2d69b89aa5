"""How much dbt has to build: everything after news, only what depends on the clock when time has passed, else nothing.

control.built remembers what the tables after the raw ones were last built from. It is emptied before dbt touches
anything and written only after everything held, so a run that was killed or failed is followed by a full one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import duckdb

from dagster_project.control import configuration_hash, foundation_hash, raw_state
from dagster_project.settings import Settings

_CLOCKS = {"run", "today", "scores", "score_moments", "calendar", "sent_messages", "sent_records"}
"""Control tables that say what time it is, or which day; those of the scores, when models are fitted; those of messages, what has
been sent."""


MESSAGES = ("messages_due", "sizes", "size_verdicts")
"""What the job of messages makes. Sizes belong to it: by them the next run knows up to which moment the tables tell, and an
export whether to believe them."""


class Scope(Enum):
    EVERYTHING = "everything"
    CLOCK = "what depends on the clock"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Ground:
    """What decides the content of the tables: raw state, configuration, and the run (which adds moment and ledger).

    foundation: what of the configuration decides tables that grow by increments; they start afresh when it changes.
    """

    raw_state: str
    configuration: str
    run_id: str
    foundation: str


def ground_of(con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str) -> Ground:
    return Ground(raw_state(con), configuration_hash(settings), run_id, foundation_hash(con, settings))


def scope_of(con: duckdb.DuckDBPyConnection, ground: Ground) -> Scope:
    """What is to be built on this ground, given what the last complete build stood on."""
    _create(con)
    built = con.execute("select raw_state, configuration, foundation, run_id from control.built").fetchone()
    if built is None or built[:3] != (ground.raw_state, ground.configuration, ground.foundation):
        return Scope.EVERYTHING
    return Scope.NOTHING if built[3] == ground.run_id else Scope.CLOCK


def stood_together(con: duckdb.DuckDBPyConnection, models: Collection[str], messages: Collection[str]) -> bool:
    """Whether these models, as they stand, are of one moment: after the job of messages, all but its own are of an older one."""
    _create(con)
    built = con.execute("select run_id, messages_run_id from control.built").fetchone() or (None, None)
    return built[0] is not None or (built[1] is not None and set(models) <= set(messages))


def starts_afresh(con: duckdb.DuckDBPyConnection, ground: Ground) -> bool:
    """Whether tables that grow by increments have to be rebuilt from the first event: old rows follow old rules."""
    _create(con)
    built = con.execute("select foundation from control.built").fetchone()
    return built is None or built[0] != ground.foundation


def forget_build(con: duckdb.DuckDBPyConnection, afresh: bool, engine: str = "duckdb") -> None:
    """Mark the tables as unfinished. What the increments stand on is kept unless they start afresh: killed on the way, some
    of them would follow the old rules and some the new.

    Args:
        engine: who builds; what Spark has is the past once another has built.
    """
    _create(con)
    if engine != "spark":
        con.execute("drop table if exists control.spark")
    con.execute("update control.built set raw_state = null, configuration = null, run_id = null, messages_run_id = null")
    if afresh:
        con.execute("update control.built set foundation = null")


def remember_build(con: duckdb.DuckDBPyConnection, ground: Ground, only_messages: bool = False) -> None:
    """Enter what the tables were built from; `only_messages` where only those that messages are made of follow this moment."""
    _create(con)
    con.execute("delete from control.built")
    con.execute(
        "insert into control.built (raw_state, configuration, run_id, foundation, messages_run_id) values (?, ?, ?, ?, ?)",
        [ground.raw_state, ground.configuration, None if only_messages else ground.run_id, ground.foundation, ground.run_id],
    )


@dataclass(frozen=True)
class Plan:
    """What dbt builds; `completes` tells whether all is up to date afterwards, if it holds, `completes_messages` whether what the
    messages of sequences are made of is."""

    chosen: frozenset[str]
    completes: bool
    completes_messages: bool


def plan_build(
    selected: set[str],
    every: set[str],
    clock: set[str],
    scope: Scope,
    messages: Collection[str] = (),
    warnings: Collection[str] = (),
) -> Plan:
    """Choose among the selected nodes and tests.

    The jobs select everything, or everything that depends on the clock; of that only the stale part is built. What a
    person picked by hand is looked at in any case.

    Args:
        selected, every, clock: unique ids asked for; of the whole project; of what depends on the clock.
        messages: of what the messages of sequences are made of, among what depends on the clock.
        warnings: of tests that only warn. They are run whenever anything is: what one of them last found still has to be told.
    """
    stale = {Scope.EVERYTHING: every, Scope.CLOCK: clock, Scope.NOTHING: set()}[scope]
    picked_by_hand = selected not in (every, clock)
    told = stale.union(warnings) if stale else stale
    chosen = frozenset(selected if picked_by_hand else selected & told)
    return Plan(chosen, chosen >= stale, chosen >= (stale if scope is Scope.EVERYTHING else stale & set(messages)))


def clock_nodes(manifest: Mapping[str, Any]) -> set[str]:
    """Unique ids of everything downstream of the run's moment and of what earlier runs exported, tests included."""
    waiting = [uid for uid, source in manifest["sources"].items() if hangs_on_the_clock(source)]
    found: set[str] = set()
    while waiting:
        for child in manifest["child_map"].get(waiting.pop(), []):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def hangs_on_the_clock(source: Mapping[str, Any]) -> bool:
    """Whether a source of the models says what time it is, or what has been exported until then."""
    return source["source_name"] == "activation" or (source["source_name"] == "control" and source["name"] in _CLOCKS)


def message_nodes(manifest: Mapping[str, Any]) -> set[str]:
    """Unique ids of all that the messages of sequences are made of."""
    waiting = [uid for uid, node in manifest["nodes"].items() if node["resource_type"] == "model" and node["name"] in MESSAGES]
    found: set[str] = set()
    while waiting:
        uid = waiting.pop()
        if uid not in found:
            found.add(uid)
            waiting += manifest["parent_map"].get(uid, [])
    return found


def _create(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create schema if not exists control")
    con.execute(
        "create table if not exists control.built (raw_state varchar, configuration varchar, run_id varchar, foundation varchar)"
    )
    con.execute("alter table control.built add column if not exists messages_run_id varchar")
