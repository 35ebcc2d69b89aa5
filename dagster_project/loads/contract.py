"""The contracts: which columns each entity of each source has, what a row can't do without, and what tells rows apart.

Contracts are data (contracts/<source>.yml); this module only reads and checks them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dagster_project.errors import RelanceError

CONTRACTS = Path(__file__).parent / "contracts"

SQL_TYPES = {
    "text": "varchar",
    "json": "varchar",
    "timestamp": "timestamp",
    "date": "date",
    "decimal": "decimal(18,4)",
    "rate": "decimal(28,12)",
    "integer": "bigint",
    "boolean": "boolean",
}
"""Contract type → type of the raw column. `json` is JSON text; `rate` is an exchange rate, finer than money."""

META_COLUMNS = {
    "_extra": "varchar",
    "_key": "varchar",
    "_hash": "varchar",
    "_file": "varchar",
    "_line": "bigint",
    "_landed_on": "date",
    "_happened_at": "timestamp",
    "_batch": "bigint",
    "_loaded_at": "timestamp",
}
"""Columns every raw table ends with."""

Kind = Literal["email", "phone", "user_agent", "ip", "network"]
"""What a value is worked out as: `network` is a range of addresses in CIDR notation."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Identifier(_Part):
    """A value of a column that Python has to work out once for SQL to look up: an e-mail address, a phone number, a user agent, …

    `path` is a dotted path into a JSON column; `when` limits it to rows whose other columns have one of the values;
    `containing` to values with that text; `region_from` names the column with the country of a phone number.
    """

    kind: Kind
    path: str | None = None
    when: dict[str, list[str]] = {}
    containing: str | None = None
    region_from: str | None = None


class Digest(_Part):
    """What of a JSON list of records counts when rows are told apart: these `fields` (dotted paths) of each record, in whatever
    order the records and their fields come; records whose field has one of the values under `without` don't count.
    """

    fields: list[str] = Field(min_length=1)
    without: dict[str, list[str]] = {}


class Column(_Part):
    """One column of an entity. `aliases` are other names vendors give it; case and camelCase never matter."""

    type: Literal["text", "json", "timestamp", "date", "decimal", "rate", "integer", "boolean"]
    required: bool = False
    required_when: dict[str, list[str]] = {}
    aliases: list[str] = []
    identifiers: list[Identifier] = []
    digest: Digest | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        """`identifier: phone, region_from: country` is short for a list of one."""
        if isinstance(data, dict) and "identifier" in data:
            data = dict(data)
            short = {"kind": data.pop("identifier"), "region_from": data.pop("region_from", None)}
            data["identifiers"] = [short, *data.get("identifiers", [])]
        return data


class Clock(_Part):
    """Which columns tell when what a row tells of happened (or was made, of what has no moment of its own).

    The first of `at` that is given counts, unless one of `exact` is: a time that somebody knew, which nothing corrects.
    `corrected_by` names the times at which a device made a message and sent it, and the server's time of receiving it: where
    all three are given, receiving − (sending − making) is free of the error of the device's clock (Segment spec, "Common
    fields: timestamps"; Snowplow's derived_tstamp follows the same rule).
    A row from before the year `since` can't be used, nor can one from the future, unless that is `taken` (a person's record
    is of use whatever its date says).
    """

    at: list[str] = Field(min_length=1)
    exact: list[str] = []
    corrected_by: list[str] | None = Field(default=None, min_length=3, max_length=3)
    since: int | None = None
    future: Literal["refused", "taken"] = "refused"

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        """`happened: ordered_at` is short for a list of one."""
        return {"at": [data]} if isinstance(data, str) else data

    @property
    def columns(self) -> list[str]:
        return [*self.exact, *self.at, *(self.corrected_by or [])]


class Entity(_Part):
    """One raw table.

    `facts` never change: of rows with the same key one is kept, the one that comes first by the `prefer` columns; before
    that, one that lacks the `prefer_without` column, which a source adds to what it has told already. Of
    `versions` every distinct one is kept, and `version` names the columns that order them. `key_digest` columns enter the
    key as a digest, since they are long; where a row gives all the `key_suffices` columns, these stand in the digest's place.
    `folders` are further folders of the source whose files feed it. `extra` names values
    to be worked out among those that no column is for.
    """

    source: str
    name: str
    description: str
    mode: Literal["facts", "versions"]
    key: list[str] = Field(min_length=1)
    key_digest: list[str] = []
    key_suffices: list[str] = []
    version: list[str] = []
    happened: Clock | None = None
    prefer: list[str] = []
    prefer_without: str | None = None
    folders: list[str] = []
    require_any: list[list[str]] = []
    extra: list[Identifier] = []
    columns: dict[str, Column] = Field(min_length=1)

    @model_validator(mode="after")
    def _known_columns(self) -> Entity:
        clock = self.happened.columns if self.happened else []
        named = [*self.key, *self.key_digest, *self.key_suffices, *self.version, *self.prefer, *clock]
        named += [self.prefer_without] if self.prefer_without else []
        named += [name for group in self.require_any for name in group]
        for column in self.columns.values():
            named += column.required_when
            for identifier in column.identifiers:
                named += [*identifier.when, *([identifier.region_from] if identifier.region_from else [])]
        unknown = sorted(set(named) - set(self.columns))
        if unknown:
            raise ValueError(f"names columns it does not have: {', '.join(unknown)}")
        reserved = sorted(set(META_COLUMNS) & set(self.columns))
        if reserved:
            raise ValueError(f"has columns with reserved names: {', '.join(reserved)}")
        names: dict[str, str] = {}
        for name, column in self.columns.items():
            for spelling in [name, *column.aliases]:
                owner = names.setdefault(spelling.lower(), name)
                if owner != name:
                    raise ValueError(f"`{spelling}` names both {owner} and {name}")
        return self

    @property
    def table(self) -> str:
        """Quoted name of the raw table."""
        return f'"raw_{self.source}"."{self.name}"'

    def happened_sql(self, column: Callable[[str], str]) -> str:
        """SQL of when a row happened; `column` gives the SQL of a contract column of type TIMESTAMP."""
        if self.happened is None:
            return "cast(null as timestamp)"
        told = [column(name) for name in self.happened.at]
        if self.happened.corrected_by:
            made, sent, received = (column(name) for name in self.happened.corrected_by)
            # Times of one source: were one of the three missing, the difference would be NULL.
            told.insert(0, f"{received} - ({sent} - {made})")
        return f"coalesce({', '.join([*(column(name) for name in self.happened.exact), *told])})"

    @property
    def all_columns(self) -> dict[str, str]:
        """Raw column → SQL type, in the order of the table."""
        return {name: SQL_TYPES[column.type] for name, column in self.columns.items()} | META_COLUMNS


Contracts = Mapping[str, Mapping[str, Entity]]


def singular(name: str) -> str:
    """`orders`, `order` → `order`; `histories` → `history`: folder names are taken in either number."""
    name = name.lower()
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def snake(name: str) -> str:
    """`messageId`, `Message ID`, `message-id` → `message_id`: columns match whatever the vendor's spelling."""
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name.strip())
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"[\s\-.]+", "_", name).lower()


@lru_cache(maxsize=4)
def load_contracts(folder: Path = CONTRACTS) -> Contracts:
    """Every source's entities: source → entity → contract.

    Raises:
        RelanceError: a contract file can't be read or contradicts itself; names the file and the entity.
    """
    contracts: dict[str, dict[str, Entity]] = {}
    for path in sorted(folder.glob("*.yml")):
        contracts[path.stem] = _load_source(path)
    return contracts


def _load_source(path: Path) -> dict[str, Entity]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise RelanceError(
            f"The contract file can't be read: {error}", str(path), "write it as the other contract files"
        ) from None
    if not isinstance(data, dict) or data.get("source") != path.stem or not isinstance(data.get("entities"), dict):
        how = f"it needs `source: {path.stem}` and a mapping `entities:`"
        raise RelanceError("The contract file has no source or no entities", str(path), how)
    entities = {}
    for name, body in data["entities"].items():
        try:
            entities[name] = Entity.model_validate({"source": path.stem, "name": name, **(body or {})})
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(str(part) for part in fault['loc']) or 'entity'}: {fault['msg']}" for fault in error.errors()
            )
            raise RelanceError(
                f"The contract of `{name}` is not valid: {faults}", f"{path}, entity {name}", "correct the entity"
            ) from None
        except TypeError:
            raise RelanceError(
                f"The contract of `{name}` is no mapping", f"{path}, entity {name}", "correct the entity"
            ) from None
    return entities
