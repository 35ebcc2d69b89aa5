"""An identifier as a person types it at the terminal, or names it in a request: what it may be, and whom it stands for."""

from __future__ import annotations

import re
from typing import get_args

import duckdb

from dagster_project.catalog import columns_of
from dagster_project.errors import RelanceError
from dagster_project.loads.casts import literal
from dagster_project.loads.contract import Kind
from dagster_project.privacy.claims import ACCOUNTS, vendors

End = tuple[str, str]
"""Type and identifier, as it is compared."""
Reading = tuple[str | None, str]
"""The same of what somebody typed; of any type where that is None."""

WHERE = "IDENTIFIER"
HOW = "give an e-mail address, a phone number, or `type:value`, such as customer_id:4711"
PROFILE = "profile_id"
TYPES = frozenset(get_args(Kind)) - {"user_agent", "ip", "network", "typed"} | {"click_id"}
KNOWN_TYPES = f"name one, as in customer_id:4711 or customer_id:shopify:4711: {', '.join(sorted({*TYPES, PROFILE}))}"
_ALIASES = {
    "e_mail": "email", "mail": "email", "email_address": "email", "e_mail_address": "email",
    "tel": "phone", "telephone": "phone", "phone_number": "phone", "mobile": "phone", "mobile_phone": "phone",
}  # fmt: skip
_NORMALISED = ("email", "phone", "hashed_email", "loyalty_card")
"""Types whose identifiers people write in several ways."""
_PROFILE_ID = re.compile(r"p[0-9a-f]{20}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TYPE = re.compile(r"[^\W\d][\w -]{0,30}")


class Typed:
    """What somebody typed. `readings` are what it may be, the likeliest first; `known` those that identity knows, with the
    profile that each stands for. It is never repeated in a message: it may be somebody's address.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, text: str, country: str) -> None:
        """
        Args:
            text: an e-mail address or phone number in any spelling, a profile_id, an identifier, or `type:value`.
            country: of the company (two letters): phone numbers are read as they are dialled there.

        Raises:
            RelanceError: it is an address or number by its type, and can't be; it stands for several people.
        """
        self.kind, self.value = _apart(text.strip())
        self.names_no_type = self.kind is None and ":" in text and bool(_TYPE.fullmatch(text.partition(":")[0].strip()))
        if self.kind and not self.value:
            raise RelanceError(f"This is no {self.kind}: nothing stands after the type", WHERE, HOW)
        self.normal: End | None = None
        if self.kind == PROFILE:
            self.readings: list[Reading] = []
            self.known = _of_profile(con, self.value)
            return
        self.readings = _as_written(self.kind, self.value)
        self.known = look_up(con, "profile_id", "identifiers", self.readings)
        # A number of somebody may be another's phone number.
        is_open = not self.known or (self.kind is None and not any(map(str.isalpha, self.value)))
        self.normal = _normalised(con, self.kind, self.value, country) if is_open else None
        if self.normal:
            self.readings = [self.normal, *self.readings]
            self.known = look_up(con, "profile_id", "identifiers", self.readings)
        # A vendor's customer of this number is meant only if the company itself has none.
        if self.kind and any(end == (self.kind, self.value) for end, _ in self.known):
            self.known = [found for found in self.known if found[0] == (self.kind, self.value)]
        if len({profile_id for _, profile_id in self.known}) > 1:
            told = ", ".join(sorted({kind for (kind, _), _ in self.known}))
            how = "name the type, as in customer_id:4711, or the system too, as in customer_id:shopify:4711"
            raise RelanceError(f"This identifier stands for several people, as {told}", WHERE, how)
        # An address that is a login too is asked for as what is tried first, the address.
        self.known.sort(key=lambda found: next(place for place, end in enumerate(self.readings) if _fits(end, found[0])))

    @property
    def end(self) -> End | None:
        """What it is: as identity knows it, else by its form, else by its type; None if that can't be told."""
        if self.known:
            return self.known[0][0]
        return self.normal or ((self.kind, self.value) if self.kind and self.kind != PROFILE else None)


def known_type(text: str) -> str | None:
    """The type of identifier that a word names: `E-Mail`, `mail` → `email`; None of a word that names none."""
    word = re.sub(r"[\s-]+", "_", text.strip().lower())
    word = _ALIASES.get(word, word)
    return word if word in TYPES or word == PROFILE else None


def look_up(con: duckdb.DuckDBPyConnection, column: str, table: str, readings: list[Reading]) -> list[tuple[End, str]]:
    """(identifier, what a column of a table of the identity room says of it) of those that are there."""
    if not readings or not columns_of(con, "identity", table):
        return []
    # Literals: for the first parameter, DuckDB imports pandas, which takes seconds.
    values = ", ".join(literal(value) for _, value in readings)
    rows = con.execute(
        f"select identifier_type, identifier, {column} from identity.{table} where identifier in ({values}) order by all"
    ).fetchall()
    return [((kind, value), told) for kind, value, told in rows if any(_fits(end, (kind, value)) for end in readings)]


def _apart(text: str) -> Reading:
    """`type:value` taken apart; (None, text) of what names no type."""
    if _PROFILE_ID.fullmatch(text):
        return PROFILE, text
    word, colon, value = text.partition(":")
    kind = known_type(word) if colon else None
    return (kind, value.strip()) if kind else (None, text)


def _of_profile(con: duckdb.DuckDBPyConnection, profile_id: str) -> list[tuple[End, str]]:
    """The first identifier of a person, also of one who has another profile_id today."""
    found: list[tuple[End, str]] = []
    if columns_of(con, "identity", "identifiers"):
        names = f"select {literal(profile_id)}"
        if columns_of(con, "identity", "aliases"):
            names += f" union all select profile_id from identity.aliases where alias = {literal(profile_id)}"
        rows = con.execute(
            f"""select identifier_type, identifier, profile_id from identity.identifiers
            where profile_id in ({names}) order by all limit 1"""
        ).fetchall()
        found = [((kind, value), name) for kind, value, name in rows]
    return found


def _as_written(kind: str | None, value: str) -> list[Reading]:
    """What a text says, but for spelling; vendors' own numbers bear their names."""
    emails: list[Reading] = [("email", value.lower())] if "@" in value and kind in (None, "email") else []
    numbered = "@" not in value and kind in (None, *ACCOUNTS)
    return [*emails, (kind, value), *((kind, f"{vendor}:{value}") for vendor in sorted(vendors()) if numbered)]


def _normalised(con: duckdb.DuckDBPyConnection, kind: str | None, value: str, country: str) -> End | None:
    """The address, number, hash or card that a text is, if it is one.

    Raises:
        RelanceError: it is one by its type, and can't be.
    """
    form = kind or ("email" if "@" in value else "hashed_email" if _SHA256.fullmatch(value.lower()) else "phone")
    if form not in _NORMALISED:
        return None
    try:
        end = _normal(form, value, country)
    except RelanceError:
        if kind:
            raise
        return None
    return _address_of(con, end) if form == "hashed_email" else end


def _normal(kind: str, value: str, country: str) -> End:
    """An identifier as identity compares it.

    Raises:
        RelanceError: it is no address, number or hash.
    """
    # Libraries that take a while to load, and are seldom needed.
    from dagster_project.loads.normalise import normalise_email, normalise_phone

    found: str | None
    reason: str | None = "nothing stands after the type"
    if kind == "email":
        found, reason = normalise_email(value)
    elif kind == "phone":
        found, reason = normalise_phone(value, country, country)
    elif kind == "hashed_email":
        found, reason = value.lower(), "a SHA-256 has 64 hexadecimal digits"
        found = found if _SHA256.fullmatch(found) else None
    else:
        found = value.upper().translate(str.maketrans("", "", " -"))
    if not found:
        raise RelanceError(f"This is no {kind}: {reason}", WHERE, HOW)
    return kind, found


def _address_of(con: duckdb.DuckDBPyConnection, end: End) -> End:
    """The address that a hash is of, if identity knows it."""
    if columns_of(con, "identity", "identifiers"):
        query = f"""select identifier from identity.identifiers
            where identifier_type = 'email' and sha256(identifier) = {literal(end[1])}"""
        if found := con.execute(query).fetchone():
            return "email", found[0]
    return end


def _fits(wanted: Reading, end: End) -> bool:
    return wanted[1] == end[1] and wanted[0] in (None, end[0])
