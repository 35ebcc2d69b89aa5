"""The contracts: which columns each entity of each source has, what a row can't do without, and what tells rows apart.

Contracts are data (contracts/<source>.yml); this module only reads and checks them.
"""

from __future__ import annotations

import hashlib
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
    "network": "varchar",
}
"""Contract type → type of the raw column. `json` is JSON text; `rate` is an exchange rate, finer than money; `network` a range of
IP addresses in CIDR notation."""

META_COLUMNS = {
    "_extra": "varchar",
    "_key": "varchar",
    "_hash": "varchar",
    "_file": "varchar",
    "_line": "bigint",
    "_landed_on": "timestamp",
    "_happened_at": "timestamp",
    "_batch": "bigint",
    "_loaded_at": "timestamp",
}
"""Columns every raw table ends with."""

WORKED_OUT = ("email", "phone", "user_agent", "ip", "network")
"""What Python works out once for SQL to look up; `network` is a range of addresses in CIDR notation."""

Kind = Literal[
    "email", "phone", "user_agent", "ip", "network",
    "user_id", "customer_id", "contact_id", "lead_id", "loyalty_card", "order_id", "hashed_email",
    "anonymous_id", "advertising_id", "ga_client_id", "fbp", "push_token", "typed",
]  # fmt: skip
"""What a value is: one of those worked out, or an identifier that counts as it is written; of a `typed` one, another column says
which type it is of."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Identifier(_Part):
    """A value of a column by which a person is known (an address, a number, an account, a device), or which Python has to work
    out once for SQL to look up.

    `path` is a dotted path into a JSON column; `when` limits it to rows whose other columns have one of the values;
    `containing` to values with that text; `region_from` names the column with the country of a phone number; `type_from` the one
    that says what type a `typed` identifier is of.
    """

    kind: Kind
    path: str | None = None
    when: dict[str, list[str]] = {}
    containing: str | None = None
    region_from: str | None = None
    type_from: str | None = None


class Digest(_Part):
    """What of a JSON list of records counts when rows are told apart: these `fields` (dotted paths) of each record, in whatever
    order the records and their fields come; records whose field has one of the values under `without` don't count.
    """

    fields: list[str] = Field(min_length=1)
    without: dict[str, list[str]] = {}


class Column(_Part):
    """One column of an entity. `aliases` are other names vendors give it; case and camelCase never matter.

    A number can't be used unless it is `above` another. `case` is for words whose case means nothing (currencies): in a key they
    stand in this one, so that two spellings are not two facts.
    """

    type: Literal["text", "json", "timestamp", "date", "decimal", "rate", "integer", "boolean", "network"]
    required: bool = False
    above: int | None = None
    case: Literal["upper", "lower"] | None = None
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

    @model_validator(mode="after")
    def _fitting(self) -> Column:
        if self.above is not None and self.type not in ("decimal", "rate", "integer"):
            raise ValueError("`above` is for numbers")
        if self.case is not None and self.type != "text":
            raise ValueError("`case` is for texts")
        return self


class Anonymous(_Part):
    """What stays of a row, of nobody, when the person it tells of is erased: amounts, and what they are amounts of.

    `columns` stay as they are; of the JSON columns in `keys`, these top-level keys (of a list of key-value records, the records
    with these keys; of Snowplow's entities, those of these names). `when` limits it to rows one of whose columns has one of the
    values, case and punctuation left aside, `given` to rows that have a value there: all other rows go with the person.
    """

    columns: list[str] = Field(min_length=1)
    keys: dict[str, list[str]] = {}
    when: dict[str, list[str]] = {}
    given: str | None = None


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
    to be worked out among those that no column is for. `anonymous` says what an erasure leaves of rows that name the person;
    where it is absent, they go as a whole.
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
    anonymous: Anonymous | None = None
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
                beside = (identifier.region_from, identifier.type_from)
                named += [*identifier.when, *(name for name in beside if name)]
        if self.anonymous:
            kept = self.anonymous
            named += [*kept.columns, *kept.when, *(name for name in kept.keys if name != "_extra")]
            named += [kept.given] if kept.given else []
        unknown = sorted(set(named) - set(self.columns))
        if unknown:
            raise ValueError(f"names columns it does not have: {', '.join(unknown)}")
        reserved = sorted(set(META_COLUMNS) & set(self.columns))
        if reserved:
            raise ValueError(f"has columns with reserved names: {', '.join(reserved)}")
        names: dict[str, str] = {}
        for name, column in self.columns.items():
            for spelling in [name, *column.aliases]:
                owner = names.setdefault(snake(spelling), name)
                if owner != name:
                    raise ValueError(f"`{spelling}` names both {owner} and {name}")
        return self

    @property
    def identifiers(self) -> dict[str, list[Identifier]]:
        """Column (`_extra` included) → what stands in it."""
        told = {name: column.identifiers for name, column in self.columns.items()} | {"_extra": self.extra}
        return {name: found for name, found in told.items() if found}

    @property
    def worked_out(self) -> dict[str, list[Identifier]]:
        """Of these, what Python works out once."""
        told = {name: [spec for spec in specs if spec.kind in WORKED_OUT] for name, specs in self.identifiers.items()}
        return {name: found for name, found in told.items() if found}

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
    def fingerprint(self) -> str:
        """A hash of what decides how files are read into the raw table; what is worked out from its rows later is left out."""
        later: Any = {
            "description": True, "folders": True, "extra": True, "anonymous": True, "columns": {"__all__": {"identifiers"}}
        }  # fmt: skip
        return hashlib.sha256(self.model_dump_json(exclude=later, exclude_defaults=True).encode()).hexdigest()[:16]

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
    """`messageId`, `Message ID`, `message-id` → `message_id`: columns match whatever the vendor's spelling.

    `E-Mail` is `email`: the hyphen parts no words.
    """
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name.strip())
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"[\s\-.]+", "_", name).lower()
    return re.sub(r"(?<![^_])e_mail(?![^_])", "email", name)


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
