"""People whose addresses and numbers only look like hers keep every row; what is hers goes in every spelling."""

from __future__ import annotations

import json

from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.privacy.person import person_of
from dagster_project.warehouse import open_warehouse

from .conftest import EMAIL, Company, event, ndjson

OTHER = f"jo.{EMAIL}"
"""Another person's address, which hers is a part of."""
LONGER = "336123456789"
"""A number of something else that begins with hers."""


def test_who_only_looks_like_her_stays(company: Company) -> None:
    """Erasing ann@x.fr must take neither joann@x.fr's pulled rows nor her refused ones, nor the middle out of her address."""
    rows = [
        {"contact_id": "c-jo", "email": OTHER, "note": LONGER},
        {"contact_id": "c-hers", "email": EMAIL},
        {"contact_id": "c-of-hers", "url": f"/?e={EMAIL.replace('@', '%40')}"},
    ]
    pulled = company.write("generic/contacts/pull/20260101T000000000000Z.ndjson", ndjson(rows))
    refused = [f"o-80,k-jo,{OTHER},,,1,EUR,,", "o-81,k-jo,,336123456789,,1,EUR,,"]
    hers = [f"o-82,,,,,1,EUR,,https://x.fr/?mail%3D{EMAIL.upper().replace('@', '%40')}", "o-83,,,+33 6 12 34 56 78,,1,EUR,,"]
    header = "order_id,customer_id,email,phone,ordered_at,total,currency,postal_code,gift_note"
    company.write("generic/orders/bad.csv", "\n".join([header, *refused, *hers, ""]))
    company.load()
    company.known()
    company.forget()
    assert pulled.read_text() == ndjson(rows[:1])
    assert company.rows("select raw from quality.quarantine where file like '%bad.csv' order by record") == [
        *((row,) for row in refused), ("",), ("",)
    ]  # fmt: skip
    assert company.rows("select email, _extra from raw_generic.contacts where contact_id = 'c-jo'") == [
        (OTHER, json.dumps({"note": LONGER}, separators=(",", ":")))
    ]


def test_a_first_row_taken_for_a_header_is_forgotten(company: Company) -> None:
    """A file without a header has the person in its first line, which is kept beside each of its refused rows."""
    company.write("generic/contacts/headless.csv", "u-ann-1,Annabella,Quist\nc-2,Zoe,Quinn\n")
    company.load()
    assert company.value("select count(*) from quality.quarantine where header like '%Quist%'") > 0
    company.known()
    company.forget()
    assert company.rows("select header from quality.quarantine where raw like 'c-2%'") == [(None,)]
    assert company.traces() == []


def test_a_killed_preview_is_forgotten(company: Company) -> None:
    """A preview ended by kill -9 leaves a copy of people's data, which nobody would look at again."""
    left = company.base / ".relance" / "preview" / "relance_preview.duckdb.wal"
    left.parent.mkdir(parents=True)
    left.write_text(EMAIL)
    certificate, *_ = company.forget()
    assert not left.exists()
    assert json.loads(certificate.with_suffix(".json").read_text())["files_removed"] == [".relance/preview"]


def test_a_refused_row_sent_again_is_stopped_in_any_spelling(company: Company) -> None:
    """A line that can't be read is kept as text: with her address in it, even encoded, it would bring her back."""
    company.forget()
    encoded = EMAIL.replace("@", "%40")
    refused = [f"o-90,,,https://x.fr/?email%3D{encoded}", f"o-91,,,email={EMAIL}", f"o-92,,,{OTHER}"]
    company.write("generic/orders/again.csv", "\n".join(["order_id,customer_id,ordered_at,gift_note", *refused, ""]))
    company.load()
    assert company.rows("select raw from quality.quarantine where file like '%again.csv'") == [(refused[2],)]
    tombstoned = "select rows_quarantined, rows_tombstoned from quality.load_ledger where file like '%again.csv'"
    assert company.rows(tombstoned) == [(1, 2)]


def test_a_number_counts_where_it_numbers_people(company: Company) -> None:
    """Customer 471100 is erased: a price of 471100, a product and somebody else's refused row of it are none of hers."""
    header = "order_id,customer_id,email,ordered_at,total,shelf"
    hers, others = "o-60,471100,,,12,a", ["o-61,k-bob,,,471100,a", "o-62,k-bob,,,12,471100", "471100,k-bob,,,12,a"]
    rows = [dict(zip(header.split(","), record.split(","), strict=True)) for record in (hers, *others)]
    company.write("generic/orders/bad.csv", "\n".join([header, hers, *others, ""]))
    pulled = company.write("generic/orders/pull/20260101T000000000000Z.ndjson", ndjson(rows))
    company.load()
    company.known()
    with open_warehouse(company.settings) as con:
        con.execute("insert into identity.identifiers values ('customer_id', '471100', 'p-ann', null)")
    dry = CliRunner().invoke(main, ["erase", "--config", str(company.base), EMAIL, "--dry-run"])
    assert "quality.quarantine: 3 refused rows" in dry.output, dry.output
    company.forget()
    refused = company.rows("select raw from quality.quarantine where file like '%bad.csv' order by record")
    assert refused == [("",), *((record,) for record in others)]
    assert pulled.read_text() == ndjson(rows[1:])


def test_files_are_named_that_hold_her(company: Company) -> None:
    """A certificate that lists every file of the site sends somebody through all of them for nothing."""
    company.write("segment/events/b.ndjson", ndjson([event(5, "d-bob", "2026-01-12T10:00:00Z", userId="u-bob-1")]))
    company.write("segment/events/c.ndjson", ndjson([event(1, "d-own", "2026-01-09T10:00:00Z")]))
    company.load()
    company.known()
    certificate, *_ = company.forget()
    told = json.loads(certificate.with_suffix(".json").read_text())
    assert {path for path in told["landing_files"] if path.startswith("segment")} == {
        "segment/events/a.ndjson", "segment/events/c.ndjson",
    }  # fmt: skip
    assert told["landing_files_perhaps"] == []


def test_seeds_that_name_her_are_told(company: Company) -> None:
    """A hand-written line that joins two addresses keeps an erased person by name: somebody has to take it out."""
    seed = company.write("../seeds/must_link.csv", "left_type,left_identifier,right_type,right_identifier,reason\n")
    seed.write_text(seed.read_text() + f"email,bob@example.com,user_id,u-bob-1,x\nemail,bob@example.com,email,{EMAIL},family\n")
    certificate, *_ = company.forget()
    assert json.loads(certificate.with_suffix(".json").read_text())["seeds"] == ["seeds/must_link.csv:3"]
    assert "seeds/must_link.csv:3: names the person" in certificate.read_text()
    assert EMAIL not in certificate.read_text()


def test_the_shop_s_customer_of_her_number_stays(company: Company) -> None:
    """Customer 777 of the till goes; customer 777 of the web shop is somebody else, today and when their file comes again."""
    header = "id,email,first_name,created_at,updated_at\n"
    company.write("shopify/customer/a.csv", header + "777,shopia@example.com,Shopia,2026-01-01,2026-05-01\n")
    company.write("generic/orders/b.csv", "order_id,customer_id,ordered_at,total\n888,777,2026-01-05,5\n")
    company.load()
    company.known()
    with open_warehouse(company.settings) as con:
        ends = [("customer_id", "777", "p-ann"), ("order_id", "888", "p-ann"), ("customer_id", "shopify:777", "p-shopia")]
        con.executemany("insert into identity.identifiers values (?, ?, ?, null)", ends)
        con.execute(
            """create or replace table unified.contacts as select * from
            (values ('777', 'shopify', 'Shopia'), ('777', 'generic', 'hers')) as t (customer_id, source, first_name)"""
        )
    company.forget()
    assert company.rows("select first_name from unified.contacts") == [("Shopia",)]
    company.write("shopify/customer/b.csv", header + "777,shopia@example.com,Shopia-Maria,2026-01-01,2026-05-02\n")
    company.write("shopify/order/b.csv", "id,customer_id,created_at,total_price,currency\n888,777,2026-01-05,9,EUR\n")
    company.load()
    names = company.rows("select first_name from raw_shopify.customer order by 1")
    assert names == [("Shopia",), ("Shopia-Maria",)]
    assert company.rows("select customer_id from raw_shopify.order") == [("777",)]
    assert company.rows("select customer_id from raw_generic.orders where order_id = '888'") == [(None,)]


def test_a_former_name_is_one_persons(company: Company) -> None:
    """Split off long ago from somebody who goes by a new name since, she must not take what was sent of them along."""
    changes = "('p-bobs', 'p-ann', 'split'), ('p-bobs', 'p-bob', 'rename'), ('p-anns', 'p-ann', 'merge')"
    with open_warehouse(company.settings) as con:
        con.execute(f"create table identity.profile_changes as from (values {changes}) as t (old_profile_id, profile_id, kind)")
        names = "('p-bobs', 'p-bob'), ('p-anns', 'p-ann'), ('p-never', 'p-ann')"
        con.execute(f"create table identity.aliases as from (values {names}) as t (alias, profile_id)")
        assert person_of(con, [("email", EMAIL)]).profile_ids == {"p-ann", "p-anns"}
