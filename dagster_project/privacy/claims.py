"""What a row claims to be whose: the identifiers of people that its columns hold, as the contracts say (`identifiers:`)."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import cache

from dagster_project.loads.casts import identifier, literal
from dagster_project.loads.contract import Entity, Identifier, load_contracts

TIERS = {
    "user_id": 1, "customer_id": 1, "contact_id": 1, "loyalty_card": 1, "lead_id": 1, "typed": 1,
    "email": 2, "hashed_email": 2, "phone": 3, "order_id": 4,
}  # fmt: skip
"""How strongly an identifier of a row says whose the row is; devices come last. Two systems may give one number to two orders: an
order is whose account or address it bears, and by its number alone only where it bears none of somebody else."""
LAST_TIER = 5

ACCOUNTS = ("customer_id", "contact_id", "lead_id")
"""Numbers of people that a vendor gives itself."""

CANONICAL = ("generic", "segment")
"""Sources that number people as the company itself does; the numbers of `vendors` bear the name of their source."""

_OTHERS = ("user_agent", "ip", "network")
"""What no person is known by."""


@dataclass(frozen=True)
class Claim:
    """One place of an entity where an identifier stands. `vendor` is the source that gave the number, which is then known as
    `<vendor>:<number>` (macro account_id); None of what is known as it is written.
    """

    column: str
    spec: Identifier
    vendor: str | None

    @property
    def type(self) -> str:
        return self.spec.kind

    @property
    def tier(self) -> int:
        return TIERS.get(self.spec.kind, LAST_TIER)

    def known_as(self, value: str) -> str:
        """An identifier as it is written → as it is compared."""
        return f"{self.vendor}:{value}" if self.vendor else value

    @property
    def in_list(self) -> bool:
        return "[*]" in (self.spec.path or "")

    def type_sql(self, column: Callable[[str], str]) -> str:
        return f"lower(trim({column(self.spec.type_from)}))" if self.spec.type_from else literal(self.spec.kind)

    def value_sql(self, column: Callable[[str], str]) -> str:
        """SQL of the identifier as it is written (VARCHAR, or VARCHAR[] where a list may hold several)."""
        spec, text = self.spec, column(self.column)
        value = text
        if spec.path:
            word = spec.path.replace("[*]", "").strip(".").split(".")[-1]
            taken = f"json_extract_string({text}, {literal(json_path(spec.path))})"
            # Most events carry no trait: looking for the word is cheaper than taking the JSON apart.
            value = f"case when contains({text}, {literal(word)}) then {taken} end"
        if spec.containing and not self.in_list:
            value = f"case when contains({value}, {literal(spec.containing)}) then {value} end"
        for other, wanted in spec.when.items():
            words = ", ".join(literal(word) for word in wanted)
            value = f"case when lower(trim({column(other)})) in ({words}) then {value} end"
        if self.tier != TIERS["email"] and self.type not in ("phone", "typed") and not self.in_list:
            value = plain_id_sql(value)
        return value

    def region_sql(self, column: Callable[[str], str], country: str) -> str:
        """SQL of the region a phone number without a country code is read in; empty for all else."""
        if self.type != "phone":
            return "''"
        if not self.spec.region_from:
            return country
        own = f"trim({column(self.spec.region_from)})"
        return f"case when length({own}) = 2 then upper({own}) else {country} end"


def plain_id_sql(value: str) -> str:
    """An id without the `.0` that tools give to numbers they hold as floats, as staging reads it."""
    return f"case when {value} like '%.0' then regexp_replace({value}, '^([0-9]+)[.]0$', '\\1') else {value} end"


def json_path(path: str) -> str:
    """`data[*].email` → `$."data"[*]."email"`."""
    parts = [part.partition("[*]")[:2] for part in path.split(".")]
    return "$" + "".join((f'."{name}"' if name else "") + star for name, star in parts)


@cache
def vendors() -> frozenset[str]:
    """Sources that give people numbers of their own."""
    return frozenset(
        source
        for source, entities in load_contracts().items()
        for entity in entities.values()
        for specs in entity.identifiers.values()
        if source not in CANONICAL and any(spec.kind in ACCOUNTS for spec in specs)
    )


def known_as_sql(kind: str, columns: Container[str]) -> str:
    """SQL of the column of a unified table that is called after a type, as identity knows what stands there.

    Args:
        columns: of the table; `source` tells who gave a number.
    """
    if kind not in ACCOUNTS or "source" not in columns:
        return identifier(kind)
    numbering = ", ".join(map(literal, sorted(vendors())))
    return f"case when source in ({numbering}) then source || ':' || {identifier(kind)} else {identifier(kind)} end"


def claims_of(entity: Entity) -> list[Claim]:
    """The strongest first."""
    own = (*ACCOUNTS, "order_id") if entity.source in vendors() else ()
    found = [
        Claim(column, spec, entity.source if spec.kind in own else None)
        for column, specs in entity.identifiers.items()
        for spec in specs
        if spec.kind not in _OTHERS
    ]
    return sorted(found, key=lambda claim: (claim.tier, claim.column, claim.spec.kind, claim.spec.path or ""))


def needed_columns(entity: Entity) -> list[str]:
    """The columns that tell whose a row is and whether it stays, in part."""
    names: list[str] = []
    for claim in claims_of(entity):
        names += [claim.column, *claim.spec.when]
        names += [name for name in (claim.spec.region_from, claim.spec.type_from) if name]
    if entity.anonymous:
        names += [*entity.anonymous.when, *([entity.anonymous.given] if entity.anonymous.given else [])]
    return list(dict.fromkeys(names))
