"""What a destination takes, read from `activations/destinations/<name>.yml`: columns, limits, consent, removal, with sources."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from dagster_project.activation.normalisers import NORMALISERS
from dagster_project.audiences import Channel
from dagster_project.config_file import Location, load_model, near_miss, read_config_file, several
from dagster_project.consent.policy import Purpose
from dagster_project.errors import RelanceError
from dagster_project.settings import Part, Settings

FOLDER = "destinations"

PROFILE_FIELDS = ("email", "phone", "first_name", "last_name", "city", "postal_code", "region", "country", "birth_date", "gender")
"""Columns of profiles.profiles that a file may carry. identity.identifiers adds e-mails and phones."""

MESSAGE_FIELDS = ("sequence", "step", "send_at", "hint", "code", "products")
"""What a file of due messages carries beside its columns of people."""

AS_IT_STANDS = "as_it_stands"
"""Normaliser of cells that are the company's own words and need none."""

Name = r"^[a-z][a-z0-9_]{0,62}$"


class Column(Part):
    """One kind of column of the upload file; `repeat` of them stand side by side under the same header."""

    key: str = Field(pattern=Name)
    header: str = Field(min_length=1)
    repeat: int = Field(default=1, ge=1, le=10)
    field: Literal[(*PROFILE_FIELDS, *MESSAGE_FIELDS)]  # type: ignore[valid-type]
    normaliser: str
    hashed: bool
    role: Literal["match_key", "attribute"] = "match_key"
    """A match key tells the platform who it is; an attribute only describes, so its change removes nobody."""
    pattern: str | None = None
    """What a plain (unhashed) cell looks like."""
    source: str = Field(min_length=1)

    @property
    def cell_pattern(self) -> str:
        return "^[0-9a-f]{64}$" if self.hashed else self.pattern or r"^[^\r\n]+$"


class FileFormat(Part):
    delimiter: Literal[",", ";", "\t"]
    encoding: Literal["utf-8"]
    line_end: Literal["\n"]
    defuse_formulas: bool = False
    """The tool's users open such files in a spreadsheet: descriptive cells that would run as a formula get a leading quote."""
    source: str = Field(min_length=1)


class Limits(Part):
    minimum_rows: int = Field(ge=1)
    """Fewer people than this and no full or add file leaves the house."""
    max_rows: int | None = Field(default=None, ge=1)
    """Rows of one file, header not counted; more are split into several files."""
    max_bytes: int | None = Field(default=None, ge=1000)
    source: str = Field(min_length=1)


class ConsentRule(Part):
    purposes: list[Purpose] = Field(min_length=1)
    """All of them must be granted."""
    minimum_age: int | None = Field(default=None, ge=1)
    """People known to be younger are left out; unknown age passes."""
    source: str = Field(min_length=1)


class Membership(Part):
    days: int | None = Field(default=None, ge=1)
    """Days after which the platform forgets a member."""
    refresh_days: int | None = Field(default=None, ge=1)
    """A member last sent this many days ago is sent again."""
    source: str = Field(min_length=1)


class Removal(Part):
    how: str = Field(min_length=1)
    """What the person who uploads does with remove.csv."""
    source: str = Field(min_length=1)


class Choice(Part):
    """A rule chosen where the vendor contradicts itself or leaves room."""

    rule: str = Field(min_length=1)
    source: str = Field(min_length=1)


class Destination(Part):
    name: str = Field(pattern=Name)
    title: str
    kind: Literal["advertising", "mailing"]
    channel: Channel
    """On which its people are reached; by default ads of a platform, e-mail of a mailing tool."""
    description: str
    file: FileFormat
    columns: list[Column] = Field(min_length=1)
    required_any: list[list[str]] = Field(min_length=1)
    """Sets of match keys: a row without at least one whole set matches nobody and is left out."""
    complete_sets: list[list[str]] = Field(default_factory=list)
    """Columns that are of use together only: where one is missing the others stay empty."""
    limits: Limits
    consent: ConsentRule
    membership: Membership
    removal: Removal
    choices: list[Choice] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _usual_channel(cls, value: Any) -> Any:
        if isinstance(value, dict) and "channel" not in value:
            return value | {"channel": "ads" if value.get("kind") == "advertising" else "email"}
        return value

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)

    @property
    def keys(self) -> list[str]:
        return [column.key for column in self.columns]


@dataclass(frozen=True)
class FileColumn:
    """One column of one file: `email_2` is the second e-mail."""

    id: str
    column: Column

    @property
    def header(self) -> str:
        return self.column.header


MESSAGE_COLUMNS = tuple(
    Column(
        key=field, header=field.upper(), field=field, normaliser=AS_IT_STANDS, hashed=False, role="attribute",
        source="a file of due messages",
    )
    for field in MESSAGE_FIELDS
)  # fmt: skip


def file_columns(columns: list[Column]) -> list[FileColumn]:
    """The columns of a file, repeats written out, in the destination's order."""
    return [
        FileColumn(f"{column.key}_{number}" if column.repeat > 1 else column.key, column)
        for column in columns
        for number in range(1, column.repeat + 1)
    ]


def load_destinations(settings: Settings) -> dict[str, Destination]:
    """Shipped destinations and the company's own (in place of a shipped one of the same name), by name.

    Raises:
        RelanceError: every mistake in every file, with its line.
    """
    found: dict[str, Destination] = {}
    mistakes: list[RelanceError] = []
    for folder in settings.folders("activations"):
        here: dict[str, Path] = {}
        for path in sorted((folder / FOLDER).glob("*.yml")):
            try:
                destination = load_destination(path)
            except RelanceError as error:
                mistakes.append(error)
                continue
            if destination.name in here:
                where = f"{here[destination.name]} and {path}"
                mistakes.append(RelanceError(f"Two destinations have the name `{destination.name}`", where, "rename one of them"))
            here[destination.name] = path
            found[destination.name] = destination
    if mistakes:
        raise several(mistakes)
    return dict(sorted(found.items()))


def load_destination(path: Path) -> Destination:
    """One destination file.

    Raises:
        RelanceError: every mistake in it, with its line.
    """
    file = read_config_file(path)
    destination = load_model(path, Destination, file=file)
    mistakes: list[RelanceError] = []

    def wrong(what: str, at: Location, how: str) -> None:
        mistakes.append(RelanceError(what, file.where(at), how))

    seen: set[str] = set()
    for index, column in enumerate(destination.columns):
        at: Location = ("columns", index)
        if column.key in seen:
            wrong(f"The column `{column.key}` stands twice", (*at, "key"), "use `repeat` for several of one kind")
        seen.add(column.key)
        if column.normaliser not in NORMALISERS:
            what = f"Unknown normaliser `{column.normaliser}`{near_miss(column.normaliser, NORMALISERS)}"
            wrong(what, (*at, "normaliser"), f"known: {', '.join(NORMALISERS)}")
        if column.repeat > 1 and column.field not in ("email", "phone"):
            wrong("Only e-mails and phones can repeat: a person has one of each other field", (*at, "repeat"), "remove `repeat`")
        try:
            re.compile(column.pattern or "")
        except re.error:
            wrong("`pattern` is no regular expression", (*at, "pattern"), "correct it")
    for name in ("required_any", "complete_sets"):
        for number, keys in enumerate(getattr(destination, name)):
            for position, key in enumerate(keys):
                if key not in seen:
                    wrong(
                        f"`{name}` names no column: `{key}`{near_miss(key, seen)}", (name, number, position), "correct the name"
                    )
                elif name == "required_any" and destination.column(key).role != "match_key":
                    wrong(f"`{key}` is an attribute and matches nobody", (name, number, position), "make it a match_key")
    if mistakes:
        raise several(mistakes)
    return destination
