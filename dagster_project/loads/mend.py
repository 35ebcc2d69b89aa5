"""Rows in quarantine as files that a person mends: `relance replay --write FOLDER`, an editor, `relance replay --from FOLDER`.

`<folder>/<source>/<entity>/open_<n>.csv` (or .ndjson, also for rows of Parquet) has the columns of the landed file, led by
`_file`, `_record`, `_sha256` and `_reason`. A row is known again by its record number and the checksum of its file's content: it
stands once however many files hold that content, and is mended in all of them, but in none that was corrected meanwhile. A line
that is no JSON object stands as text in `_raw`.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from dagster_project.errors import RelanceError
from dagster_project.loads.exact import shape_fault
from dagster_project.loads.quarantine import OpenRow, Shape, Text, as_it_came, as_json, open_shapes, open_slices
from dagster_project.loads.read import DELIMITERS
from dagster_project.private import owner_only, private_folder

OWN = ("_file", "_record", "_sha256", "_reason")
RAW = "_raw"
_NOT_AN_OBJECT = "the line is not a JSON object of moderate depth"

_KNOWN_BY = "keep the columns `_file`, `_record` and `_sha256` as they were written: they name the row"


class _Mended(NamedTuple):
    """A row of a mended file: the file's header, the line as it stands there, its own columns, and what is to be read of it."""

    header: str
    line: str
    own: dict[str, object]
    text: Text


def write_open(
    con: duckdb.DuckDBPyConnection, folder: Path, source: str | None = None, entity: str | None = None
) -> list[tuple[Path, int]]:
    """Write the open rows; returns the files with their numbers of rows. Only their owner can read them.

    Raises:
        RelanceError: the folder holds something already, or can't be written.
    """
    written: list[tuple[Path, int]] = []
    try:
        if folder.exists() and any(folder.iterdir()):
            how = "name a new folder; `relance replay --from` loads what was mended in this one"
            raise RelanceError("The folder is not empty", str(folder), how)
        shapes = open_shapes(con, source, entity)
        contents = Counter((shape.entity.table, file.scan.sha256) for shape in shapes for file in shape.files)
        told: set[tuple[str, str, int]] = set()
        for shape in shapes:
            place = private_folder(folder / shape.entity.source / shape.entity.name)
            number = sum(path.parent == place for path, _ in written) + 1
            path = place / f"open_{number}.{'csv' if _is_csv(shape) else 'ndjson'}"
            count = 0
            with open(path, "x", encoding="utf-8", newline="", opener=owner_only) as file:
                file.write(_header(shape))
                for rows in open_slices(con, shape):
                    for row in rows:
                        content = (shape.entity.table, shape.files[row.place].scan.sha256)
                        if contents[content] > 1 and (*content, row.record) in told:
                            continue
                        if contents[content] > 1:
                            told.add((*content, row.record))
                        file.write(_written(shape, row, _own(shape, row)))
                        count += 1
            if count:
                written.append((path, count))
            else:
                path.unlink()
    except OSError as error:
        raise RelanceError(f"The folder can't be written: {error.strerror}", str(folder), "name another one") from None
    return written


def _is_csv(shape: Shape) -> bool:
    return shape.format == "csv" and shape.header is not None


def _header(shape: Shape) -> str:
    """The first line of the file for rows of this shape; JSON lines have none."""
    return _csv_line([*OWN, *(shape.header or ())], shape.delimiter) if _is_csv(shape) else ""


def _own(shape: Shape, row: OpenRow) -> dict[str, object]:
    file = shape.files[row.place]
    return dict(zip(OWN, (file.path, row.record, file.scan.sha256, row.reason), strict=True))


def _written(shape: Shape, row: OpenRow, own: dict[str, object]) -> str:
    """A row with its own columns and the line end, as `write_open` writes it."""
    if _is_csv(shape):
        # Whatever is wrong with the quotes, each piece comes into a field of its own.
        fields = next(csv.reader(io.StringIO(row.raw, newline=""), delimiter=shape.delimiter), [])
        return _csv_line([*own.values(), *fields], shape.delimiter)
    lead = json.dumps(own, ensure_ascii=False)
    text = row.raw.strip()
    if _as_object(text) is None:
        return f"{lead[:-1]}, {json.dumps(RAW)}: {json.dumps(row.raw, ensure_ascii=False)}}}\n"
    # The text of the row itself is kept as it is, numbers included.
    return f"{lead[:-1]}{'' if text[1:].lstrip() == '}' else ', '}{text[1:].lstrip()}\n"


def _csv_line(values: list, delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(values)
    return text.getvalue()


def _as_object(text: str) -> dict | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


class MendedRows:
    """The rows of a folder that `write_open` wrote and somebody edited. Called with an open row, it tells what is to be read of
    it: None if it stands in no file. A row just as it was written is read as it once came: what was written to be mended is more
    regular than that.
    """

    def __init__(self, folder: Path):
        """Read the folder.

        Raises:
            RelanceError: it holds no such files, or one that can't be read; names the file and the line.
        """
        self._rows: dict[tuple[str, str, str, int], _Mended] = {}
        self.used: set[tuple[str, str, str, int]] = set()
        paths = sorted(path for path in folder.glob("*/*/*") if path.suffix in (".csv", ".ndjson") and path.is_file())
        if not paths:
            raise RelanceError("The folder holds no mended rows", str(folder), "name the one that `relance replay --write` wrote")
        for path in paths:
            source, entity = path.parts[-3:-1]
            for line, mended in _csv_rows(path) if path.suffix == ".csv" else _json_rows(path):
                key = (source, entity, str(mended.own["_sha256"]), _record(mended.own["_record"], f"{path}:{line}"))
                if key in self._rows:
                    what = f"Record {key[3]} of {mended.own['_file']} stands twice"
                    raise RelanceError(what, f"{path}:{line}", "keep one of the two")
                self._rows[key] = mended

    def __call__(self, shape: Shape, row: OpenRow) -> Text | None:
        key = (shape.entity.source, shape.entity.name, shape.files[row.place].scan.sha256, row.record)
        mended = self._rows.get(key)
        if mended is None:
            return None
        self.used.add(key)
        untouched = mended.line == _written(shape, row, mended.own) and mended.header == _header(shape)
        return as_it_came(shape, row) if untouched else mended.text

    @property
    def unknown(self) -> int:
        """Rows that were not in quarantine (any more)."""
        return len(self._rows) - len(self.used)


def _csv_rows(path: Path) -> Iterator[tuple[int, _Mended]]:
    """The rows of a file, each with the number of its last line.

    Raises:
        RelanceError: the columns that name a row are missing, or the quotes are malformed.
    """
    text = _text_of(path)
    first = text.split("\n", 1)[0]
    headers = {delimiter: next(csv.reader([first], delimiter=delimiter), []) for delimiter in DELIMITERS}
    delimiter = next((mark for mark, names in headers.items() if set(OWN[:3]) <= set(names)), None)
    if delimiter is None:
        raise RelanceError("The header has no `_file`, `_record` and `_sha256`", f"{path}:1", _KNOWN_BY)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = next(reader)
    places = [place for place, name in enumerate(names) if name not in OWN and name]
    try:
        for values in reader:
            if any(values):
                given = dict(zip(names, values, strict=False))
                fault = shape_fault(values, len(names))
                content = None if fault else as_json([names[i] for i in places], [values[i] for i in places])
                own: dict[str, object] = {name: given.get(name, "") for name in OWN}
                as_written = _csv_line(names, delimiter), _csv_line(values, delimiter)
                yield reader.line_num, _Mended(*as_written, own, Text(content, fault))
    except csv.Error:
        raise RelanceError("The quotes are malformed", f"{path}:{reader.line_num}", "close every quote") from None


def _json_rows(path: Path) -> Iterator[tuple[int, _Mended]]:
    """The rows of a file with the numbers of their lines.

    Raises:
        RelanceError: a line is no JSON object.
    """
    for line, text in enumerate(_text_of(path).split("\n"), 1):
        if not text.strip():
            continue
        found = _as_object(text)
        if found is None:
            raise RelanceError("The line is not a JSON object", f"{path}:{line}", "mend the line")
        raw = found.pop(RAW, None)
        if raw is not None:
            content = Text(raw) if isinstance(raw, str) and _as_object(raw) is not None else Text(None, _NOT_AN_OBJECT)
        else:
            content = _without_own(found)
        yield line, _Mended("", text.rstrip("\r") + "\n", {name: found.get(name, "") for name in OWN}, content)


def _without_own(found: dict) -> Text:
    try:
        return Text(json.dumps({key: value for key, value in found.items() if key not in OWN}, ensure_ascii=False))
    except RecursionError:
        return Text(None, _NOT_AN_OBJECT)


def _record(value: object, where: str) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise RelanceError("`_record` is not a number", where, _KNOWN_BY) from None


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise RelanceError("The file can't be read as UTF-8 text", str(path), "save it as UTF-8") from None
