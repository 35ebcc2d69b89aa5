"""What a person typed at the terminal: one reading of it for whoever explains and whoever erases."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dagster_project.errors import RelanceError
from dagster_project.privacy.claims import vendors
from dagster_project.privacy.typed import Typed

ANN_HASHED = hashlib.sha256(b"ann@x.fr").hexdigest().upper()
KNOWN = {
    "p-colin": [("customer_id", "77")],
    "p-shopia": [("customer_id", "shopify:77")],
    "p-ann": [("email", "ann@x.fr"), ("customer_id", "shopify:9911"), ("phone", "+33612345678"), ("user_id", "u@corp")],
    "p-bob": [("customer_id", "hubspot:9911"), ("contact_id", "0612345678"), ("lead_id", "L-1"), ("user_id", "L-1")],
}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create schema identity")
        con.execute("create table identity.identifiers (identifier_type varchar, identifier varchar, profile_id varchar)")
        rows = [(*end, profile) for profile, ends in KNOWN.items() for end in ends]
        con.executemany("insert into identity.identifiers values (?, ?, ?)", rows)
        con.execute("create table identity.aliases as select 'p-old' as alias, 'p-ann' as profile_id")
        yield con


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (" Ann@X.fr ", ("email", "ann@x.fr")),
        ("email:ANN@x.fr", ("email", "ann@x.fr")),
        ("+33 6 12 34 56 78", ("phone", "+33612345678")),
        ("phone:06 12 34 56 78", ("phone", "+33612345678")),
        ("customer_id:shopify:9911", ("customer_id", "shopify:9911")),
        ("shopify:9911", ("customer_id", "shopify:9911")),
        ("u@corp", ("user_id", "u@corp")),
        ("L-1", ("lead_id", "L-1")),  # one person's, whichever it is
        ("New@x.fr", ("email", "new@x.fr")),
        ("06 98 76 54 32", ("phone", "+33698765432")),
        ("customer_id:99", ("customer_id", "99")),
        ("nothing", None),
        ("12", None),
        ("odd:thing", None),
        ("E-Mail: ann@x.fr", ("email", "ann@x.fr")),
        ("tel:06 12 34 56 78", ("phone", "+33612345678")),
        ("profile_id:p-old", ("customer_id", "shopify:9911")),  # a former name
        ("profile_id:p-none", None),
        ("loyalty_card:lc01-900", ("loyalty_card", "LC01900")),
        (f"hashed_email:{ANN_HASHED}", ("email", "ann@x.fr")),
        ("customer_id:77", ("customer_id", "77")),  # the company's own, not the vendor's
    ],
)
def test_what_was_typed(con: duckdb.DuckDBPyConnection, text: str, end: tuple[str, str] | None) -> None:
    """The same text must mean the same person to `explain` and to `erase`, or the wrong one is erased after a look."""
    assert Typed(con, text, "FR").end == end


@pytest.mark.parametrize("text", ["9911", "customer_id:9911", "0612345678"])
def test_several_people_are_asked_back(con: duckdb.DuckDBPyConnection, text: str) -> None:
    """9911 is a customer here and another there, and one's number is another's telephone: neither is erased by chance."""
    with pytest.raises(RelanceError, match="several people") as told:
        Typed(con, text, "FR")
    assert text not in str(told.value)


@pytest.mark.parametrize("text", ["email:nobody", "phone:12", "customer_id:", "email:", "hashed_email:12", "loyalty_card:-"])
def test_what_can_not_be_one_is_told(con: duckdb.DuckDBPyConnection, text: str) -> None:
    """A slip after a type named on purpose must not be looked up as something else."""
    with pytest.raises(RelanceError, match=f"This is no {text.split(':')[0]}: "):
        Typed(con, text, "FR")


def test_vendors_numbers_bear_their_names_in_every_room() -> None:
    """Read bare by one room and with its vendor's name by another, an account is nobody's in an erasure or an answer."""
    macro = Path(__file__).parents[2] / "dbt_models" / "macros" / "identity" / "account_id.sql"
    (listed,) = re.findall(r"return\(\"\(([^)]*)\)\"\)", macro.read_text())
    assert set(re.findall("'([a-z_0-9]+)'", listed)) == vendors()
