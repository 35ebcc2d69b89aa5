"""Rows in quarantine as files that a person mends: `relance replay --write FOLDER`, an editor, `relance replay --from FOLDER`.

`<folder>/<source>/<entity>/open_<n>.csv` (or .ndjson, also for rows of Parquet) has the columns of the landed file, led by
`_file` and `_record`, by which a row is known again, and `_reason`. A line that is no JSON object stands as text in `_raw`.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb

from dagster_project.errors import RelanceError
from dagster_project.loads.exact import shape_fault
from dagster_project.loads.quarantine import OpenRow, Shape, Text, as_it_came, as_json, open_shapes, open_slices
from dagster_project.loads.read import DELIMITERS

OWN = ("_file", "_record", "_reason")
RAW = "_raw"
_NOT_AN_OBJECT = "the line is not a JSON object of moderate depth"

Mended = tuple[str, str, Text]
"""(the header of the file, the row as it stands in it, what is to be read of the row)."""


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
        for shape in open_shapes(con, source, entity):
            place = folder / shape.entity.source / shape.entity.name
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            number = sum(path.parent == place for path, _ in written) + 1
            path = place / f"open_{number}.{'csv' if _is_csv(shape) else 'ndjson'}"
            count = 0
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="") as file:
                file.write(_header(shape))
                for rows in open_slices(con, shape):
                    file.writelines(_written(shape, row) for row in rows)
                    count += len(rows)
            written.append((path, count))
    except OSError as error:
        raise RelanceError(f"The folder can't be written: {error.strerror}", str(folder), "name another one") from None
    return written


def _is_csv(shape: Shape) -> bool:
    return shape.format == "csv" and shape.header is not None


def _header(shape: Shape) -> str:
    """The first line of the file for rows of this shape; JSON lines have none."""
    return _csv_line([*OWN, *(shape.header or ())], shape.delimiter) if _is_csv(shape) else ""


def _written(shape: Shape, row: OpenRow) -> str:
    """A row with the line end, as `write_open` writes it."""
    own = [shape.files[row.place].path, row.record, row.reason]
    if _is_csv(shape):
        # Whatever is wrong with the quotes, each piece comes into a field of its own.
        fields = next(csv.reader(io.StringIO(row.raw, newline=""), delimiter=shape.delimiter), [])
        return _csv_line([*own, *fields], shape.delimiter)
    lead = json.dumps(dict(zip(OWN, own, strict=True)), ensure_ascii=False)
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
        self._rows: dict[tuple[str, str, str, int], Mended] = {}
        self.used: set[tuple[str, str, str, int]] = set()
        paths = sorted(path for path in folder.glob("*/*/*") if path.suffix in (".csv", ".ndjson") and path.is_file())
        if not paths:
            raise RelanceError("The folder holds no mended rows", str(folder), "name the one that `relance replay --write` wrote")
        for path in paths:
            source, entity = path.parts[-3:-1]
            for line, file, record, mended in _csv_rows(path) if path.suffix == ".csv" else _json_rows(path):
                key = (source, entity, file, record)
                if key in self._rows:
                    raise RelanceError(f"Record {record} of {file} stands twice", f"{path}:{line}", "keep one of the two")
                self._rows[key] = mended

    def __call__(self, shape: Shape, row: OpenRow) -> Text | None:
        key = (shape.entity.source, shape.entity.name, shape.files[row.place].path, row.record)
        mended = self._rows.get(key)
        if mended is None:
            return None
        self.used.add(key)
        header, as_written, text = mended
        untouched = as_written == _written(shape, row) and header == _header(shape)
        return as_it_came(shape, row) if untouched else text

    @property
    def unknown(self) -> int:
        """Rows that were not in quarantine (any more)."""
        return len(self._rows) - len(self.used)


def _csv_rows(path: Path) -> Iterator[tuple[int, str, int, Mended]]:
    text = _text_of(path)
    first = text.split("\n", 1)[0]
    headers = {delimiter: next(csv.reader([first], delimiter=delimiter), []) for delimiter in DELIMITERS}
    delimiter = next((mark for mark, names in headers.items() if {"_file", "_record"} <= set(names)), None)
    if delimiter is None:
        raise RelanceError("The header has no `_file` and `_record`", f"{path}:1", "keep these two columns: they name the row")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = next(reader)
    places = [place for place, name in enumerate(names) if name not in OWN and name]
    try:
        for values in reader:
            if any(values):
                line = reader.line_num
                own = dict(zip(names, values, strict=False))
                fault = shape_fault(values, len(names))
                content = None if fault else as_json([names[i] for i in places], [values[i] for i in places])
                mended = (_csv_line(names, delimiter), _csv_line(values, delimiter), Text(content, fault))
                yield line, own.get("_file", ""), _record(own.get("_record"), path, line), mended
    except csv.Error:
        raise RelanceError("The quotes are malformed", f"{path}:{reader.line_num}", "close every quote") from None


def _json_rows(path: Path) -> Iterator[tuple[int, str, int, Mended]]:
    for line, text in enumerate(_text_of(path).split("\n"), 1):
        if not text.strip():
            continue
        found = _as_object(text)
        if found is None:
            raise RelanceError("The line is not a JSON object", f"{path}:{line}", "mend the line")
        file, record, raw = found.get("_file"), found.get("_record"), found.pop(RAW, None)
        if raw is not None:
            content = Text(raw) if isinstance(raw, str) and _as_object(raw) is not None else Text(None, _NOT_AN_OBJECT)
        else:
            content = _without_own(found)
        yield line, str(file or ""), _record(record, path, line), ("", text.rstrip("\r") + "\n", content)


def _without_own(found: dict) -> Text:
    try:
        return Text(json.dumps({key: value for key, value in found.items() if key not in OWN}, ensure_ascii=False))
    except RecursionError:
        return Text(None, _NOT_AN_OBJECT)


def _record(value: object, path: Path, line: int) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise RelanceError(
            "`_record` is not a number", f"{path}:{line}", "leave `_file` and `_record` as they were written"
        ) from None


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise RelanceError("The file can't be read as UTF-8 text", str(path), "save it as UTF-8") from None
