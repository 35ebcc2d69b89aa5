"""The contract files say what the public contract says, and a mistake in one is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.errors import RelanceError
from dagster_project.loads.contract import META_COLUMNS, load_contracts, singular, snake

from .landing import Project


def test_shipped_contracts() -> None:
    """Every entity promised to companies must be there, with its required columns and the columns every raw table ends with."""
    contracts = load_contracts()
    assert set(contracts) == {
        "generic", "segment", "ga4", "snowplow", "shopify", "hubspot", "klaviyo", "google_ads", "facebook_ads",
    }  # fmt: skip
    assert len(contracts["generic"]) == 23
    assert list(contracts["generic"]["ad_spend"].all_columns)[-len(META_COLUMNS) :] == list(META_COLUMNS)
    required = {name for name, column in contracts["generic"]["order_lines"].columns.items() if column.required}
    assert required == {"order_id", "line_id", "product_id", "quantity"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("mode: facts\n    key: [id]\n    columns: {id: {type: text}}", "description"),
        ("description: x\n    mode: often\n    key: [id]\n    columns: {id: {type: text}}", "mode"),
        ("description: x\n    mode: facts\n    key: [nr]\n    columns: {id: {type: text}}", "nr"),
        ("description: x\n    mode: facts\n    key: [id]\n    columns: {id: {type: text}, _hash: {type: text}}", "_hash"),
        ("description: x\n    mode: facts\n    key: [id]\n    columns: {id: {type: txt}}", "columns.id.type"),
        (
            "description: x\n    mode: facts\n    key: [id]\n    columns: {id: {type: text}, nr: {type: text, aliases: [ID]}}",
            "names both",
        ),
        (
            "description: x\n    mode: facts\n    key: [id]\n"
            "    columns: {id: {type: text}, email: {type: text}, mail: {type: text, aliases: [E-Mail]}}",
            "names both",
        ),
        ("description: x\n    mode: facts\n    key: [id]\n    columns: {id: {type: text, above: 0}}", "for numbers"),
        ("description: x\n    mode: facts\n    key: [id]\n    columns: {id: {type: date, case: upper}}", "for texts"),
    ],
)
def test_mistakes_name_file_and_entity(tmp_path: Path, body: str, message: str) -> None:
    """A contract with a slip would make wrong tables, or fail far from its cause."""
    (tmp_path / "shop.yml").write_text(f"source: shop\nentities:\n  order:\n    {body}\n")
    with pytest.raises(RelanceError, match=message) as error:
        load_contracts(tmp_path)
    assert "shop.yml, entity order" in str(error.value)


def test_contract_that_is_no_yaml(tmp_path: Path) -> None:
    """A broken file must name itself."""
    (tmp_path / "shop.yml").write_text("source: [")
    with pytest.raises(RelanceError, match=r"shop\.yml"):
        load_contracts(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("messageId", "message_id"), ("Message ID", "message_id"), ("browserIP", "browser_ip"), ("UTM-Source", "utm_source"),
        ("E-Mail", "email"), ("e-mail", "email"), ("eMail", "email"), ("E-mail address", "email_address"),
        ("Adresse e-mail", "adresse_email"), ("Work E-Mail", "work_email"), ("the_e_mailer", "the_e_mailer"),
    ],
)  # fmt: skip
def test_column_spellings(name: str, expected: str) -> None:
    """Vendors spell one column in many ways."""
    assert snake(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("orders", "order"), ("campaign_histories", "campaign_history"), ("address", "address")]
)
def test_folder_number(name: str, expected: str) -> None:
    """Folders are named in singular or plural."""
    assert singular(name) == expected


def test_contract_that_gains_a_column(project: Project) -> None:
    """A newer release adds columns to tables that exist; loading must not fail on an older warehouse."""
    project.write("generic/products/a.csv", "product_id\np1\n")
    project.load()
    with project.warehouse() as con:
        con.execute("alter table raw_generic.products drop column tier")
    project.write("generic/products/b.csv", "product_id,tier\np2,gold\n")
    project.load()
    assert project.rows("select product_id, tier from raw_generic.products order by 1") == [("p1", None), ("p2", "gold")]


@pytest.mark.parametrize("header", ["E-Mail", "e-mail", "E-Mail-Adresse", "E-mail address", "Adresse e-mail", "Mail", "Courriel"])
def test_an_address_by_any_name(project: Project, header: str) -> None:
    """Exports in German or French would bring contacts whom nobody can write to."""
    project.write("generic/contacts/a.csv", f"contact_id;{header}\n1;ann@example.com\n")
    project.load()
    assert project.rows("select email, _extra from raw_generic.contacts") == [("ann@example.com", None)]
