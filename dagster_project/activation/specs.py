"""What a destination takes, read from `activations/destinations/<name>.yml`: columns, limits, consent, removal, with sources."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from dagster_project.activation.normalisers import NORMALISERS, Digest
from dagster_project.audiences import Channel
from dagster_project.config_file import Location, load_model, near_miss, read_config_file, several
from dagster_project.consent.policy import Purpose
from dagster_project.errors import RelanceError
from dagster_project.settings import Part, Settings

FOLDER = "destinations"

PROFILE_FIELDS = (
    "email", "phone", "first_name", "last_name", "street", "city", "postal_code", "region", "country", "birth_date", "gender",
    "company", "job_title", "lifecycle_stage", "loyalty_points", "order_count", "net_revenue", "currency",
    "first_order_at", "last_order_at",
)  # fmt: skip
"""Columns of profiles.profiles that a file may carry."""

IDENTIFIERS = ("email", "phone", "advertising_id", "push_token")
"""Fields of which a person may have several, by their type in identity.identifiers."""

DERIVED_FIELDS = {"any_company": "coalesce(p.company, p.visiting_company)"}
"""Fields that are made of columns of profiles.profiles, named `p`."""

SCORE_FIELDS = {
    "customer_score": ("customers", "score"), "customer_tier": ("customers", "tier_name"), "rfm_segment": ("rfm", "rfm_segment"),
    "lead_score": ("leads", "score"), "lead_grade": ("leads", "grade"),
    "clv_12m": ("clv", "clv_12m"), "historical_value": ("clv", "historical_value"),
}  # fmt: skip
"""Fields → table of the schema scores and its column. Whoever objects to profiling has none."""

MESSAGE_FIELDS = ("sequence", "step", "send_at", "hint", "code", "products")
"""What a file of due messages carries beside its columns of people."""

PRODUCTS_TO_SHOW = "product_ids"
"""Field: which products the audience would show the person, best first, as ids with a `|` between them."""

FIELDS = frozenset((*PROFILE_FIELDS, *DERIVED_FIELDS, *IDENTIFIERS, *SCORE_FIELDS, *MESSAGE_FIELDS, PRODUCTS_TO_SHOW))
"""What a column that tells of people may carry. A column of records carries a column of the feed's model."""

AS_IT_STANDS = "as_it_stands"
"""Normaliser of cells that are the company's own words or figures and need none."""

OPEN_FIELDS = frozenset((
    *SCORE_FIELDS, *MESSAGE_FIELDS, PRODUCTS_TO_SHOW,
    "lifecycle_stage", "loyalty_points", "order_count", "net_revenue", "currency", "first_order_at", "last_order_at",
))  # fmt: skip
"""Fields that may stand as they are, in files and in masked previews: nobody can be told by them alone."""

Name = r"^[a-z][a-z0-9_]{0,62}$"
Operation = Literal["full", "add", "remove"]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""


class Column(Part):
    """One kind of column of the upload file; `repeat` of them stand side by side under the same header."""

    key: str = Field(pattern=Name)
    header: str = Field(min_length=1)
    repeat: int = Field(default=1, ge=1, le=10)
    field: str | None = Field(default=None, pattern=Name)
    fixed: str | dict[Operation, str] | None = None
    """What stands in every row, or in every row of one kind of file, in place of a field."""
    normaliser: str = AS_IT_STANDS
    digest: Digest | None = None
    """Form of the SHA-256 that stands in place of the value."""
    role: Literal["match_key", "attribute"] = "match_key"
    """A match key tells the platform who it is; an attribute only describes, so its change removes nobody."""
    pattern: str | None = None
    """What a plain (unhashed) cell looks like."""
    max_length: int | None = Field(default=None, ge=1)
    """Characters: a longer text is cut at a blank, anything else that is longer is left out."""
    source: str = Field(min_length=1)

    @property
    def cell_pattern(self) -> str:
        if self.digest:
            return {"hex": "^[0-9a-f]{64}$", "base64": "^[A-Za-z0-9+/]{43}=$"}[self.digest]
        return self.pattern or r"^[^\r\n]+$"

    def fixed_in(self, operation: Operation) -> str:
        """The cell of a fixed column in one kind of file."""
        return self.fixed.get(operation, "") if isinstance(self.fixed, dict) else self.fixed or ""


class FileFormat(Part):
    delimiter: Literal[",", ";", "\t"]
    encoding: Literal["utf-8"]
    line_end: Literal["\n"]
    header: bool = True
    """Whether the first line names the columns."""
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
    purposes: list[Purpose]
    """All of them must be granted. None are needed by records alone that tell of nobody, or that carry no advertising."""
    minimum_age: int | None = Field(default=None, ge=1)
    """People known to be younger are left out; unknown age passes."""
    countries: list[Country] = []
    """Where it is offered: people of other countries, and of unknown ones, are left out; empty: everywhere."""
    not_countries: list[Country] = []
    """Where it is not: people of these countries, and of unknown ones, are left out."""
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


class Records(Part):
    """How a destination follows rows that are not members of an audience but records of a feed."""

    changed: Literal["sent", "kept"] = "sent"
    """Whether a record whose cells have changed is sent again, or was sent once for ever (a conversion)."""
    gone: Literal["removed", "replaced", "told", "kept"] = "removed"
    """What becomes of a record that the model no longer has. removed: it is in the next remove.csv; replaced: each full file
    takes the place of the last, so its absence there is enough; told: only one of which the model says so (`is_withdrawn`) is
    in remove.csv, the others stay; kept: it stays."""
    refusals: bool = False
    """Whether each is somebody's word that they are not to be written to: then whoever asked to be erased is told as well, and
    stays in the files until the destination has taken them."""
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
    rows: Literal["person", "identifier", "record"] = "person"
    """Whether a row is a person with all they are known by, one identifier of theirs (then a file has a single match key), or a
    record of a feed: its columns carry columns of the feed's model."""
    records: Records | None = None
    """Of records alone."""
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
        """What an activation may choose among."""
        return [column.key for column in self.columns if column.fixed is None]

    def laid_out(self, columns: list[Column]) -> list[FileColumn]:
        """The columns of a file that tell of people, repeats written out where a row is a person."""
        return [
            FileColumn(f"{column.key}_{number}" if several else column.key, column)
            for column in columns
            if column.fixed is None
            for several in [column.repeat > 1 and self.rows == "person"]
            for number in range(1, column.repeat + 1 if several else 2)
        ]

    def with_fixed(self, columns: list[FileColumn]) -> list[FileColumn]:
        """All columns of a file in the destination's order; those that are not the destination's own come last."""
        order = {column.key: place for place, column in enumerate(self.columns)}
        fixed = [FileColumn(column.key, column) for column in self.columns if column.fixed is not None]
        return sorted([*columns, *fixed], key=lambda each: order.get(each.column.key, len(order)))

    def headers(self, columns: list[FileColumn]) -> list[str]:
        """Of a file's columns, the fixed ones with them."""
        return [column.header for column in self.with_fixed(columns)]


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
        key=field, header=field.upper(), field=field, role="attribute",
        source="a file of due messages",
    )
    for field in MESSAGE_FIELDS
)  # fmt: skip


def load_destinations(settings: Settings) -> dict[str, Destination]:
    """Destinations of people, by name.

    Raises:
        RelanceError: as load_all_destinations.
    """
    return {name: each for name, each in load_all_destinations(settings).items() if each.rows != "record"}


def load_all_destinations(settings: Settings) -> dict[str, Destination]:
    """Shipped destinations and the company's own (in place of a shipped one of the same name), of people and of records, by name.

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
    of_records = destination.rows == "record"
    if of_records != (destination.records is not None):
        what = "Records need a word on what follows a change" if of_records else "`records` is for destinations of records"
        wrong(what, ("records",) if not of_records else ("rows",), "write `records` with `rows: record`, or neither")
    if not destination.consent.purposes and not of_records:
        wrong("Nobody is sent anywhere without a purpose", ("consent", "purposes"), "name the purposes that must be granted")
    for index, column in enumerate(destination.columns):
        at: Location = ("columns", index)
        if column.key in seen:
            wrong(f"The column `{column.key}` stands twice", (*at, "key"), "use `repeat` for several of one kind")
        seen.add(column.key)
        if (column.field is None) == (column.fixed is None):
            wrong("A column has either a `field` or something `fixed`", (*at, "key"), "name one of the two")
        if column.field and not of_records and column.field not in FIELDS:
            what = f"Unknown field `{column.field}`{near_miss(column.field, FIELDS)}"
            wrong(what, (*at, "field"), f"known: {', '.join(sorted(FIELDS))}")
        if column.normaliser not in (*NORMALISERS, AS_IT_STANDS):
            what = f"Unknown normaliser `{column.normaliser}`{near_miss(column.normaliser, (*NORMALISERS, AS_IT_STANDS))}"
            wrong(what, (*at, "normaliser"), f"known: {', '.join((*NORMALISERS, AS_IT_STANDS))}")
        if column.repeat > 1 and (of_records or column.field not in IDENTIFIERS):
            wrong(
                f"`{column.field}` can't repeat: a person has one",
                (*at, "repeat"),
                f"remove it; these may: {', '.join(IDENTIFIERS)}",
            )
        is_open = column.field in OPEN_FIELDS or of_records
        if column.normaliser == AS_IT_STANDS and column.fixed is None and (column.digest or not is_open):
            wrong(f"`{column.key}` has no normaliser", (*at, "key"), "name one: what tells of people, or is hashed, needs it")
        if column.max_length and (column.digest or column.normaliser == AS_IT_STANDS):
            wrong("Only a plain value with a normaliser is held to a length", (*at, "max_length"), "remove it")
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
                elif name == "required_any" and not of_records and destination.column(key).role != "match_key":
                    wrong(f"`{key}` is an attribute and matches nobody", (name, number, position), "make it a match_key")
    if mistakes:
        raise several(mistakes)
    return destination
