"""User agents, each judged once: a machine's (crawler, link preview, monitor, script, headless browser) or a person's.

The list is that of the package crawler-user-agents (https://github.com/monperrus/crawler-user-agents, MIT), which is kept up
by many, and the company's own seed `bot_user_agents.csv`, which adds to it and may say that an agent is a person's after all.
An agent that neither knows counts as a person's.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal
from dagster_project.settings import Settings

SEED = "bot_user_agents.csv"

PATTERNS_AT_ONCE = 200
"""Of 1,500 patterns in one expression, DuckDB's engine (RE2) outgrows its memory and becomes a hundred times slower (measured:
50,000 agents in 25 s; 0.2 s in parts of 250)."""

TABLE = "create table if not exists identity.user_agents (user_agent varchar, is_bot boolean, evidence varchar, rules varchar);"


@dataclass(frozen=True)
class OwnPattern:
    """One row of the seed. `line` is its place in the file."""

    pattern: str
    is_bot: bool
    line: int


@cache
def _package_patterns() -> tuple[str, ...]:
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    return tuple(entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA)


def own_patterns(settings: Settings) -> list[OwnPattern]:
    """The seed's patterns: the company's own file where it has one, else the shipped one.

    Raises:
        RelanceError: every row that is no regular expression, or does not say whether it means a machine.
    """
    path = _seed(settings)
    patterns, mistakes = _read(path)
    if mistakes:
        raise mistakes[0]
    return patterns


def wrong_patterns(settings: Settings) -> list[RelanceError]:
    """Every mistake in the seed, with its line."""
    return _read(_seed(settings))[1]


def rules_version(settings: Settings) -> str:
    """A hash of all that decides the verdicts: another list, another verdict on the agents that are known already."""
    digest = hashlib.sha256("\n".join(_package_patterns()).encode())
    digest.update(_seed(settings).read_bytes())
    return digest.hexdigest()[:16]


def judge_agents(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Judge the user agents in load_values that have no verdict yet, and all of them afresh where the list has changed."""
    rules = rules_version(settings)
    con.execute(
        """create or replace temp table load_agents as
        select raw as user_agent from load_values where kind = 'user_agent'
        union
        select user_agent from identity.user_agents where rules <> $1
        except
        select user_agent from identity.user_agents where rules = $1""",
        [rules],
    )
    con.execute("delete from identity.user_agents where rules <> ?", [rules])
    evidence = _evidence_sql("user_agent", own_patterns(settings))
    con.execute(
        f"""insert into identity.user_agents
        select user_agent, evidence is not null, evidence, ? from (select user_agent, {evidence} as evidence from load_agents)""",
        [rules],
    )
    con.execute("drop table load_agents")


def _evidence_sql(agent: str, own: list[OwnPattern]) -> str:
    """SQL of the part of a user agent that gives a machine away; NULL for a person's."""
    package = _package_patterns()
    parts = ["|".join(package[start : start + PATTERNS_AT_ONCE]) for start in range(0, len(package), PATTERNS_AT_ONCE)]
    parts += [f"(?i){entry.pattern}" for entry in own if entry.is_bot]
    found = ", ".join(f"nullif(regexp_extract({agent}, {literal(part)}), '')" for part in parts)
    people = [f"regexp_matches({agent}, {literal(f'(?i){entry.pattern}')})" for entry in own if not entry.is_bot]
    return f"case when {' or '.join(people) or 'false'} then null else coalesce({found}) end"


def _seed(settings: Settings) -> Path:
    return next(path for folder in reversed(settings.folders("seeds")) if (path := folder / SEED).is_file())


def _read(path: Path) -> tuple[list[OwnPattern], list[RelanceError]]:
    patterns: list[OwnPattern] = []
    mistakes: list[RelanceError] = []
    with path.open(encoding="utf-8-sig", newline="") as file, duckdb.connect() as con:
        rows = csv.DictReader(file)
        for row in rows:
            where = f"{path}:{rows.line_num}"
            pattern, verdict = (str(row.get(name) or "").strip() for name in ("pattern", "is_bot"))
            if verdict.lower() not in ("true", "false"):
                mistakes.append(RelanceError("The row does not say whether it means a machine", where, "write true or false"))
            elif problem := _problem(con, pattern):
                mistakes.append(RelanceError(f"The pattern {problem}", where, "correct the regular expression (RE2 syntax)"))
            else:
                patterns.append(OwnPattern(pattern, verdict.lower() == "true", rows.line_num))
    return patterns, mistakes


def _problem(con: duckdb.DuckDBPyConnection, pattern: str) -> str | None:
    rule = literal(f"(?i){pattern}")  # no parameter: for the first one, DuckDB imports pandas (1.5 s)
    try:
        found = con.execute(f"select regexp_matches('', {rule}), regexp_matches('Mozilla/5.0', {rule})").fetchone()
    except duckdb.Error:
        return "is no regular expression"
    return "fits every user agent" if found and any(found) else None
