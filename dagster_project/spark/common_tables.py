"""What a query names once and reads several times is worked out once, as in DuckDB.

Spark puts the text of a `with` table in every place that reads it. Models read theirs many times and build one upon the other, so
that plans would grow by multiplication. Such a table, if it takes work, is therefore made for the statement, in memory or on
the disks of the workers: a mere view, even cached, would still be its whole text to the planner.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.)*'|\"[^\"]*\"|`[^`]*`|\w+|\s+|.", re.DOTALL)
_SILENT = ("--", "/*")
_WORK = {"join", "group", "over", "distinct", "union", "intersect", "except", "explode", "inline"}
_NUMBERS = count(1)


@dataclass(frozen=True)
class Named:
    """One table of a `with`."""

    name: str
    query: str
    words: tuple[str, ...]

    def reads(self, name: str) -> bool:
        return _times_read(name, self.words) > 0


@dataclass(frozen=True)
class Statement:
    """A statement with a `with`: what stands before it, its tables, and what stands after them."""

    head: str
    tables: tuple[Named, ...]
    rest: str
    words: tuple[str, ...]

    def shared(self) -> Iterator[Named]:
        """Tables that are read several times and take work, in their order."""
        everything = self.words + tuple(word for table in self.tables for word in table.words)
        for table in self.tables:
            takes_work = not _WORK.isdisjoint(table.words) or any(table.reads(other.name) for other in self.tables)
            if takes_work and _times_read(table.name, everything) > 1:
                yield table


@contextmanager
def common_tables(spark: SparkSession, sql: str) -> Iterator[str]:
    """The statement to run instead, for as long as the tables that it reads several times are kept."""
    statement = parsed(sql)
    kept: dict[str, str] = {}
    try:
        for table in statement.shared() if statement else ():
            name = f"common_{next(_NUMBERS)}_{table.name}"
            before = statement.tables[: statement.tables.index(table)]
            found = spark.sql(f"{_with(before, kept, table.words)}select * from ({table.query})")
            found.localCheckpoint().createTempView(name)
            kept[table.name] = name
        yield f"{statement.head} {_with(statement.tables, kept, statement.words)}{statement.rest}" if statement and kept else sql
    finally:
        for name in kept.values():
            spark.catalog.dropTempView(name)


def _with(tables: tuple[Named, ...], kept: dict[str, str], words: tuple[str, ...]) -> str:
    """The `with` of a query: those tables alone that it needs."""
    needed: list[str] = []
    for table in reversed(tables):
        if _times_read(table.name, words):
            query = f"select * from {kept[table.name]}" if table.name in kept else table.query
            words += () if table.name in kept else table.words
            needed.insert(0, f"{table.name} as ({query})")
    return f"with {', '.join(needed)} " if needed else ""


def _times_read(name: str, words: tuple[str, ...]) -> int:
    return sum(word == name and before in ("from", "join") for before, word in pairwise(words))


def parsed(sql: str) -> Statement | None:
    """A statement that makes or fills a table from a `with`; None of any other, and of what is not sure to be understood."""
    spans = [(match.start(), match.group().lower()) for match in _TOKEN.finditer(sql)]
    spans = [(start, text) for start, text in spans if text.strip() and not text.startswith(_SILENT)]
    words = [text for _, text in spans]
    if not words or words[0] not in ("create", "insert") or "with" not in words or "view" in words[:4]:
        return None
    begin = words.index("with")
    if "(" in words[:begin] and words[0] == "create":
        return None
    tables, place = _tables(sql, [start for start, _ in spans], words, begin, set())
    return Statement(sql[: spans[begin][0]], tuple(tables), sql[spans[place][0] :], tuple(words[place:])) if tables else None


def _tables(sql: str, starts: list[int], words: list[str], place: int, taken: set[str]) -> tuple[list[Named], int]:
    """The tables of the `with` that begins in a place, and the place after it; none of what is not sure to be understood or gives
    a name twice. Those that a table's own query names stand before it."""
    outer = []
    while words[place] in ("with", ","):
        if words[place + 2 : place + 4] != ["as", "("]:
            return [], place
        end = _closing(words, place + 3)
        outer.append((words[place + 1], place + 4, end))
        place = end + 1
    known = len(taken)
    taken.update(name for name, _, _ in outer)
    if len(taken) < known + len(outer):
        return [], place
    found: list[Named] = []
    for name, begin, end in outer:
        inner, after = _tables(sql, starts, words, begin, taken) if words[begin] == "with" else ([], begin)
        found += inner
        begin = after if inner else begin
        found.append(Named(name, sql[starts[begin] : starts[end]], tuple(words[begin:end])))
    return found, place


def _closing(words: list[str], opening: int) -> int:
    depth = 0
    for place in range(opening, len(words)):
        depth += {"(": 1, ")": -1}.get(words[place], 0)
        if depth == 0:
            return place
    raise ValueError("a parenthesis is never closed")
