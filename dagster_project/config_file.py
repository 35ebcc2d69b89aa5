"""YAML files that people edit, read so that every mistake can be told with its file and line.

YAML 1.1 turns `NO` (Norway) into false and `12:30` into 750. Files are therefore read with the YAML 1.2 core idea of a
scalar: only `true`/`false`, `null`, decimal numbers and ISO dates are anything other than text.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from dagster_project.errors import RelanceError

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[str | int, ...]
Mistake = tuple[Location, RelanceError]
"""A mistake with the place it stands at in its file."""


class Part(BaseModel):
    """A part of a file that people edit; unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OpenPart(Part):
    """A part of a file that others read as well: keys that are not ours are theirs."""

    model_config = ConfigDict(extra="allow", frozen=True)


class _Loader(yaml.SafeLoader):
    """SafeLoader whose plain scalars follow YAML 1.2's core schema."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A node's value. Of text that can't be what its looks or its tag say, PyYAML tells in errors of every kind."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
            problem = f"this is no {node.tag.rpartition(':')[2]} that exists; in quotes it is a text"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("tag:yaml.org,2002:timestamp", r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}:\d{2}(?:Z|[-+]\d{2}:\d{2})?)?$", "0123456789"),
):
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


_DEEPEST = 50
"""Levels in a file, far more than any model of one has."""
_MOST_PLACES = 100_000
"""Keys and items in a file; a few lines of aliases of aliases make billions."""


@dataclass
class ConfigFile:
    """A parsed YAML file: its data, and the 1-based line of every key and list item in it.

    `written` is the data with its `${NAME}` as they stand in the file: what tells a variable from a value written out.
    """

    path: Path
    data: Any
    written: Any = None
    lines: dict[Location, int] = field(default_factory=dict)

    def where(self, location: Location = ()) -> str:
        """`file:line` of the nearest known place at or above `location`.

        Parts of it that the file does not have are passed over: pydantic names levels (a field that people need not write)
        which stand in no file.
        """
        at: Location = ()
        for part in location:
            if (*at, part) in self.lines:
                at = (*at, part)
        return f"{self.path}:{self.lines.get(at, 1)}"

    def named(self, location: Location, inside: Location = ()) -> str:
        """A location below `inside` as a person writes it: without the levels that stand in no file, but with what is missing."""
        at, parts, absent = inside, [], []
        for part in location:
            if (*at, part) in self.lines:
                at, absent = (*at, part), []
                parts.append(part)
            else:
                absent.append(part)
        return ".".join(str(part) for part in [*parts, *absent])


def read_config_file(path: Path, environment: dict[str, str] | None = None) -> ConfigFile:
    """Read one YAML file; `${NAME}` and `${NAME:-default}` in texts are taken from the environment.

    Raises:
        RelanceError: the file is missing, is no UTF-8, no YAML, names a key twice, leads back into itself, or a variable has no
            value.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise RelanceError("The file does not exist", str(path), "check the path, or write one with `relance init DIR`") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise RelanceError(f"The file can't be read: {reason}", str(path), "mend the file or its permissions") from None
    written, lines = _parsed(path, text)
    file = ConfigFile(path, written, written, lines)
    missing: list[RelanceError] = []
    file.data = _interpolate(file, written, (), os.environ if environment is None else environment, missing)
    if missing:
        raise several(missing)
    return file


@lru_cache(maxsize=1024)
def _parsed(path: Path, text: str) -> tuple[Any, dict[Location, int]]:
    """The data of a YAML text and the lines of its keys; neither is ever changed. Files are read over and over within a run, and
    parsing them takes far longer than reading."""
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines: dict[Location, int] = {}
        if node is not None:
            _collect_lines(node, (), lines, path)
        data = loader.construct_document(node) if node is not None else {}
    except RecursionError:
        raise RelanceError("The file has too many levels", str(path), "take brackets away") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise RelanceError(
            "The file is not valid YAML: it has a character that can't be printed", f"{path}:{line}", "remove the character"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "it is not YAML"
        how = "check indentation, quotes and colons"
        if any("${" in written for written in text.splitlines()[line - 1 : line]):
            how = 'write "${NAME}" in quotes where it stands between braces or brackets'
        raise RelanceError(f"The file is not valid YAML: {problem}", f"{path}:{line}", how) from None
    finally:
        if loader is not None:
            loader.dispose()
    return data if data is not None else {}, lines


def load_model(path: Path, model: type[Model], *, inside: Location = (), file: ConfigFile | None = None) -> Model:
    """Read a YAML file (or the part of it at `inside`) into a pydantic model.

    Raises:
        RelanceError: one message that lists every mistake with file and line.
    """
    file = file or read_config_file(path)
    data = file.data
    for key in inside:
        data = data[key]
    if not isinstance(data, dict):
        raise RelanceError("The file should hold `key: value` lines", file.where(inside), "compare it with relance.example.yml")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise several(_explain(file, inside, model, item) for item in error.errors()) from None


def read_sound(file: ConfigFile, model: type[Model], fallback: dict[str, Any]) -> tuple[Model, list[Mistake]]:
    """What of a file fits a pydantic model, and the mistakes in the rest.

    Args:
        fallback: top-level key → what stands in for it where the file describes it wrongly, of keys that the model needs.

    Raises:
        RelanceError: the file holds no mapping.
    """
    if not isinstance(file.data, dict):
        raise RelanceError("The file should hold `key: value` lines", file.where(), "compare it with relance.example.yml")
    data: dict[Any, Any] = file.data
    mistakes: dict[Location, RelanceError] = {}
    removed: list[Location] = []
    while True:
        try:
            return model.model_validate(data), list(mistakes.items())
        except ValidationError as error:
            found = [(tuple(item["loc"]), item) for item in error.errors()]
        for at, item in found:
            # What is said of a place because a part of it was taken away is no mistake of its own.
            if not touches(at, removed):
                mistakes.setdefault(at, _explain(file, (), model, item))
        # One place at a time: the rest may be sound without it.
        first = found[0][0]
        removed.append(first)
        place = _present(data, first)
        if first and first[0] in fallback:
            data = {**data, first[0]: fallback[first[0]]}
        elif not place:
            data = fallback
        else:
            data = _without(data, place)


def touches(at: Location, places: Iterable[Location]) -> bool:
    """Whether a place lies in one of these, or holds one of them."""
    return any(at[: len(place)] == place[: len(at)] for place in places)


def _present(data: Any, location: Location) -> Location:
    """The part of a location that the data has; levels that pydantic alone knows are passed over, and a list is one thing."""
    at: Location = ()
    for part in location:
        if isinstance(data, dict) and part in data:
            at, data = (*at, part), data[part]
    return at


def _without(data: dict[Any, Any], at: Location) -> dict[Any, Any]:
    head, *rest = at
    if not rest:
        return {key: value for key, value in data.items() if key != head}
    return {**data, head: _without(data[head], tuple(rest))}


def several(mistakes: Iterable[RelanceError]) -> RelanceError:
    """One error that tells all of these mistakes, one line each."""
    flat = [single for mistake in mistakes for single in (mistake.mistakes or [mistake])]
    if len(flat) == 1:
        return flat[0]
    error = RelanceError(f"{len(flat)} mistakes")
    error.mistakes = flat
    error.args = ("\n".join([f"{len(flat)} mistakes:", *(f"- {mistake}" for mistake in flat)]),)
    return error


def near_miss(word: str, known: Iterable[str]) -> str:
    """` (did you mean …?)` when a known word is close, else an empty text."""
    match = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean `{match[0]}`?)" if match else ""


def _collect_lines(
    node: yaml.Node, at: Location, lines: dict[Location, int], path: Path, above: tuple[yaml.Node, ...] = ()
) -> None:
    """Note the line of every key and item.

    Raises:
        RelanceError: a key stands twice or is no single value; the file leads back into itself, is too deep or too large.
    """
    here = f"{path}:{lines.setdefault(at, node.start_mark.line + 1)}"
    if any(node is one for one in above):
        raise RelanceError("An alias leads back into what it is a part of", here, "write out what is meant in place of the alias")
    if len(above) > _DEEPEST or len(lines) > _MOST_PLACES:
        raise RelanceError("The file has too many levels or entries", here, "take brackets or aliases away")
    above = (*above, node)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                how = "put a text that begins with a bracket or a brace in quotes"
                raise RelanceError("A key is no single word", f"{path}:{key.start_mark.line + 1}", how)
            if key.value in seen:
                raise RelanceError(f"The key `{key.value}` stands twice", f"{path}:{key.start_mark.line + 1}", "keep one of them")
            seen.add(key.value)
            lines[(*at, key.value)] = key.start_mark.line + 1
            _collect_lines(value, (*at, key.value), lines, path, above)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*at, index)] = value.start_mark.line + 1
            _collect_lines(value, (*at, index), lines, path, above)


_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def _interpolate(file: ConfigFile, value: Any, at: Location, environment: Any, missing: list[RelanceError]) -> Any:
    """The value with its variables replaced; those that have no value are added to `missing`."""
    if isinstance(value, dict):
        return {key: _interpolate(file, item, (*at, key), environment, missing) for key, item in value.items()}
    if isinstance(value, list):
        return [_interpolate(file, item, (*at, index), environment, missing) for index, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        found = environment.get(match[1]) or match[2]
        if found is None:
            missing.append(
                RelanceError(f"The environment variable {match[1]} has no value", file.where(at), f"export {match[1]}=…")
            )
        return found or ""

    return _VARIABLE.sub(replace, value)


def _explain(file: ConfigFile, inside: Location, model: type[BaseModel], item: Any) -> RelanceError:
    """A pydantic error item as what, where, how. The offending value is not repeated: it may be a secret."""
    location: Location = tuple(item["loc"])
    name = file.named(location, inside)
    where = file.where((*inside, *location))
    if item["type"] == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        what = f"Unknown key `{name}`{near_miss(str(location[-1]), known)}"
        return RelanceError(what, where, f"remove it; known keys here: {', '.join(sorted(known))}" if known else "remove it")
    if item["type"] == "missing":
        return RelanceError(f"The key `{name}` is missing", where, "add it")
    return RelanceError(f"`{name}`: {item['msg'].removeprefix('Value error, ')}", where, "correct the value")


def _known_keys(model: Any, location: Location) -> list[str]:
    """Field names of the (nested) model at `location`; empty where a free mapping stands."""
    for part in location:
        fields = getattr(model, "model_fields", None)
        if fields is not None:
            if part not in fields:
                return []
            model = fields[part].annotation
        else:
            arguments = [a for a in getattr(model, "__args__", ()) if a is not type(None)]
            model = arguments[-1] if arguments else None
        while model is not None and not hasattr(model, "model_fields"):
            nested = [a for a in getattr(model, "__args__", ()) if hasattr(a, "model_fields")]
            if not nested or getattr(model, "__origin__", None) is dict:
                break
            model = nested[0]
    return [field.alias or name for name, field in getattr(model, "model_fields", {}).items()]
