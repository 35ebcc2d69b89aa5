"""The rows of a seed as a person wrote them, each with the line it stands on, for checks that tell mistakes by file and line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal
from dagster_project.settings import SHIPPED, Settings

_SAID = {"boolean": "true or false", "integer": "a whole number", "double": "a number", "decimal(18, 4)": "a number"}


@dataclass(frozen=True)
class Row:
    """One row of a seed, by column, and where it stands."""

    where: str
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """The trimmed text of a column; nothing where the row ends before it or the seed has no such column."""
        return self.values.get(column, "")


def seed_path(settings: Settings, seed: str) -> Path:
    """The company's own file, or the shipped one."""
    return [path for folder in settings.folders("seeds") if (path := folder / f"{seed}.csv").is_file()][-1]


def seed_rows(settings: Settings, seed: str) -> Iterator[Row]:
    """The rows of a seed, from the company's own file where it has one."""
    path = seed_path(settings, seed)
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        reader = csv.DictReader(file, restval="")
        for values in reader:
            # What stands beyond the header's columns has no name.
            values.pop(None, None)  # type: ignore[call-overload]
            yield Row(f"{path}:{reader.line_num}", {name: value.strip() for name, value in values.items()})


def unreadable_rows(settings: Settings) -> list[RelanceError]:
    """Rows of the company's own seeds that the warehouse could not take: a cell that is not of its column's type, or cells too
    many or too few. Read as the warehouse reads them, since Python takes more for a number than it does (` true`, `１０`)."""
    told = [seed for path in sorted((SHIPPED / "seeds").glob("*.yml")) for seed in yaml.safe_load(path.read_text())["seeds"]]
    types = {seed["name"]: seed.get("config", {}).get("column_types", {}) for seed in told}
    return [
        mistake
        for path in sorted((settings.base / "seeds").glob("*.csv"))
        if path.stem in types
        for mistake in _unreadable(path, types[path.stem])
    ]


def _unreadable(path: Path, types: dict[str, str]) -> Iterator[RelanceError]:
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        columns = {name: types.get(name, "varchar") for name in next(csv.reader(file), [])}
    with duckdb.connect() as con:
        try:
            listed = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns.items())
            # Nothing is left to be guessed from rows that may be wrong.
            form = "header = true, delim = ',', quote = '\"', escape = '\"', auto_detect = false"
            options = f"{form}, columns = {{{listed}}}, store_rejects = true"
            # To count alone would look into no cell.
            con.execute(f"select * from read_csv({literal(str(path))}, {options})").fetchall()
            query = "select distinct line, column_name, error_type from reject_errors order by all"
            wrong = con.execute(query).fetchall()
        except duckdb.Error:
            yield RelanceError("The seed can't be read", str(path), "save it as CSV with commas, in UTF-8, all lines ended alike")
            return
    for line, column, kind in wrong:
        if kind == "CAST":
            wanted = _SAID.get(columns[column], columns[column])
            what, how = f"`{column}` can't be read as {wanted}", "correct it, and leave no blanks around it"
        else:
            what, how = (
                "The row does not have one cell for each column",
                "add the missing commas; put texts with a comma in quotes",
            )
        yield RelanceError(what, f"{path}:{line}", how)
