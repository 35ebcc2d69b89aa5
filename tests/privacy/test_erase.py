"""Whoever asks to be forgotten is gone from every file that Relance keeps; amounts and other people stay."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project.errors import RelanceError
from dagster_project.loads.replay import replay_project
from dagster_project.privacy import erase as erasing
from dagster_project.privacy import purge
from dagster_project.privacy.salt import salt_file
from dagster_project.privacy.tombstones import tombstone_file
from dagster_project.published import publish
from dagster_project.warehouse import open_warehouse

from .conftest import CONTACTS, EMAIL, ORDERS, Company, event, land, ndjson


def test_no_byte_of_the_person_is_left(company: Company) -> None:
    """Deleted rows whose bytes stay in the file, refused rows, caches and shoppers' notes are where erased people turn up."""
    publish(company.settings)
    on_spark = company.settings.spark_path / "warehouse" / "profiles.db" / "profiles" / "rows.parquet"
    on_spark.parent.mkdir(parents=True)
    on_spark.write_text(EMAIL)
    of_others = company.settings.spark_path / "others.parquet"
    of_others.write_text("not Relance's")
    certificate, *more = company.forget()
    assert more == []
    assert company.traces() == []
    assert not on_spark.exists() and of_others.exists() and company.settings.published_path.exists()
    assert company.rows("select contact_id, email from raw_generic.contacts order by 1") == [
        ("c-bob", "bob@example.com"), ("c-tim", None),
    ]  # fmt: skip
    assert company.rows("select profile_id from profiles.profiles") == [("p-bob",)]
    assert company.rows("select raw from quality.quarantine") == [("",)]
    told = json.loads(certificate.with_suffix(".json").read_text())
    by_table = {row["table"]: row for row in told["tables"]}
    assert by_table["generic.contacts"]["erased"] == 1 and by_table["generic.contacts"]["mentions"] == 1
    assert told["identifiers"]["anonymous_id"] == 1 and told["kind"] == "request"
    assert "generic/contacts/a.csv" in told["landing_files"]
    assert {
        path.stat().st_mode & 0o777 for path in (certificate, salt_file(company.settings), tombstone_file(company.settings))
    } == {0o600}


def test_amounts_stay_of_nobody(company: Company) -> None:
    """An erasure that takes orders away changes the books of the company; one that keeps their customer erases nobody."""
    before = company.value("select sum(total) from raw_generic.orders")
    company.forget()
    assert company.value("select sum(total) from raw_generic.orders") == before
    assert company.value("select sum(total) from unified.orders") == before
    hers = "select customer_id, email, phone, postal_code, _extra from raw_generic.orders where order_id <> 'o-3'"
    assert set(company.rows(hers)) == {(None,) * 5}
    assert company.rows("select order_id, unit_price, _extra from raw_generic.order_lines order by 1") == [
        ("o-1", Decimal("100.5000"), None), ("o-2", Decimal("50.0000"), None), ("o-3", Decimal("30.0000"), '{"engraving":"Bob"}'),
    ]  # fmt: skip
    told = company.rows("select anonymous_id, context, properties from raw_segment.events where message_id = 'm2'")
    assert told == [(None, None, '{"order_id":"o-1","total":100.5,"currency":"EUR","products":[{"product_id":"vase"}]}')]


def test_others_keep_their_rows(company: Company) -> None:
    """A device of two people, an address in another's form: what is hers goes, what is theirs stays and is made anew."""
    batch = company.value("select max(_batch) from raw_segment.events")
    company.forget()
    left = company.rows("select message_id, anonymous_id, user_id, properties, _batch from raw_segment.events order by 1")
    new = batch + 1
    assert left[1:] == [
        ("m4", "d-shared", "u-bob-1", None, new), ("m5", "d-bob", "u-bob-1", '{"product_id":"lamp"}', new),
    ]  # fmt: skip
    assert company.rows("select message_id from unified.events") == [], "what is to be told anew must not be told twice"
    assert company.rows("select raw from identity.normalised where kind = 'email'") == [("bob@example.com",)]
    assert company.rows("select ip from identity.ip_addresses") == [("203.0.113.9",)]


def test_a_visit_on_a_shared_device(company: Company) -> None:
    """What she looked at on a family's device before she logged in is hers too; it must not become the next person's."""
    company.write(
        "segment/events/c.ndjson", ndjson([event(6, "d-shared", "2026-01-11T09:58:00Z", properties={"product_id": "ring"})])
    )
    company.load()
    company.known()
    with open_warehouse(company.settings) as con:
        con.execute(
            """create table profiles.sessions as select 'a:d-shared' as device, 'user_id' as identifier_type,
                'u-ann-1' as identifier, timestamp '2026-01-11 09:58' as started_at, timestamp '2026-01-11 10:00' as ended_at"""
        )
    company.forget()
    seen = "select anonymous_id, properties from raw_segment.events where message_id = 'm6'"
    assert company.rows(seen) == [(None, None)]
    company.write("segment/events/d.ndjson", ndjson([event(6, "d-shared", "2026-01-11T09:58:00Z", note="sent again")]))
    company.load()
    assert company.rows(seen) == [(None, None)]


def test_files_sent_again_bring_nothing_back(company: Company) -> None:
    """Yesterday's export of the CRM holds the person for ever; loaded again after its next change, it must not."""
    company.forget()
    before = company.raw()
    company.write(
        "generic/contacts/b.csv", CONTACTS.replace("2026-05-01", "2026-06-02") + "c-new,new@example.com,,Nora,New,2026-06-02,,\n"
    )
    company.write("generic/orders/b.csv", ORDERS + "o-9,k-other,annabella.quist@example.com,,2026-03-01,70,EUR,,\n")
    company.write("segment/events/b.ndjson", ndjson([event(9, "d-own", "2026-05-31T23:59:59Z")]))
    company.load()
    assert company.traces() == []
    counts = "rows_read, rows_accepted, rows_duplicate, rows_quarantined, rows_tombstoned"
    ledger = f"select {counts} from quality.load_ledger where file ="
    assert company.rows(f"{ledger} 'generic/contacts/b.csv'") == [(5, 3, 0, 0, 2)]
    assert company.rows(f"{ledger} 'generic/orders/b.csv'") == [(4, 0, 1, 0, 3)]
    assert company.rows(f"{ledger} 'segment/events/b.ndjson'") == [(1, 0, 0, 0, 1)]
    assert company.rows("select contact_id, email from raw_generic.contacts where contact_id not in ('c-bob', 'c-tim')") == [
        ("c-new", "new@example.com")
    ]
    assert company.rows("select customer_id, total from raw_generic.orders where order_id = 'o-9'") == [
        (None, Decimal("70.0000"))
    ]
    assert company.raw()["raw_segment.events"] == before["raw_segment.events"]


def test_a_person_may_become_a_customer_again(company: Company) -> None:
    """Tombstones stop what lies before the request, by its own date; a new order is a new customer's."""
    company.forget()
    company.write("generic/orders/b.csv", ORDERS.splitlines()[0] + f"\no-10,k-ann,{EMAIL},,2026-06-02,80,EUR,75001,\n")
    company.write("segment/events/b.ndjson", ndjson([event(10, "d-own", "2026-06-02T10:00:00Z")]))
    company.load()
    assert company.rows("select customer_id, email from raw_generic.orders where order_id = 'o-10'") == [("k-ann", EMAIL)]
    assert company.rows("select anonymous_id from raw_segment.events where message_id = 'm10'") == [("d-own",)]


def test_what_came_after_the_request_stays(company: Company) -> None:
    """A request that is carried out late must not take what the person did since."""
    company.write("generic/orders/b.csv", ORDERS.splitlines()[0] + f"\no-11,k-ann,{EMAIL},,2026-05-02,80,EUR,75001,\n")
    company.load()
    company.known()
    company.forget(datetime(2026, 5, 1))
    assert company.rows("select order_id from raw_generic.orders where email is not null order by 1") == [("o-11",), ("o-3",)]
    assert company.rows("select value from identity.normalised where raw = ?", EMAIL) == [(EMAIL,)]


def test_messages_after_the_request_are_told_anew(company: Company) -> None:
    """An address's messages go whole; those that came after the request would be missing ever after."""
    head = "event_id,email,type,occurred_at\n"
    rows = [
        f"e-1,{EMAIL},delivered,2026-04-30",
        f"e-2,{EMAIL.title()},delivered,2026-05-02",
        "e-3,bob@example.com,delivered,2026-05-02",
    ]
    company.write("generic/email_events/a.csv", head + "".join(f"{row}T10:00:00Z\n" for row in rows))
    company.load()
    company.known()
    with open_warehouse(company.settings) as con:
        con.execute(
            """create table unified.email_events as select event_id, email, occurred_at, 'generic' as source, _batch
            from raw_generic.email_events"""
        )
        con.execute("create table profiles.email_messages (source varchar, email varchar, campaign_id varchar, day date)")
        con.execute("insert into profiles.email_messages values ('generic', ?, '', '2026-05-02')", [EMAIL])
    before = company.rows("select max(_batch) from raw_generic.email_events")[0][0]
    company.forget(datetime(2026, 5, 1))
    assert company.rows("from profiles.email_messages") == []
    told = company.rows(f"select event_id, _batch > {before} from raw_generic.email_events order by 1")
    assert told == [("e-2", True), ("e-3", False)]
    assert company.rows("select event_id from unified.email_events") == [("e-3",)], "it comes back by its new batch, once"


def test_a_deleted_warehouse_does_not_forget(company: Company) -> None:
    """Built anew from the landing folder, the tables are those that the erasure left: whatever came first, data or request."""
    company.forget()
    left = company.raw()
    company.settings.warehouse_path.unlink()
    company.load()
    assert company.traces() == []
    assert company.raw() == left
    assert company.value("select count(*) from privacy.tombstones where verdict = 'gone'") > 0


def test_requests_wait_for_nothing(company: Company) -> None:
    """Asked twice, or for somebody unknown: no error, and the tombstone holds against what comes later."""
    company.forget()
    company.forget()
    paths = erasing.erase(company.settings, [erasing.Wish((("email", "late@example.com"),), "request", datetime(2026, 6, 1))])
    assert "no row named the person" in paths[0].read_text()
    company.write("generic/contacts/late.csv", "contact_id,email,created_at\nc-late,late@example.com,2026-02-02\n")
    company.load()
    assert company.rows("select 1 from raw_generic.contacts where contact_id = 'c-late'") == []


@pytest.mark.parametrize(
    ("step", "is_done"),
    [("clear_copies", True), ("leave_tables", True), ("finish", False), ("write_anew", True), ("note_purged", False)],
)
def test_killed_anywhere_and_run_again(
    company: Company, forgotten: Company, monkeypatch: pytest.MonkeyPatch, step: str, is_done: bool
) -> None:
    """A power cut between two steps must leave nobody half erased, and the certificate must still tell all that was done."""
    real = getattr(erasing, step)

    def killed(*args: object) -> object:
        if is_done:
            real(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, step, killed)
        with pytest.raises(KeyboardInterrupt):
            company.forget()
    company.forget()
    assert company.traces() == []
    assert company.raw() == forgotten.raw()
    assert company.value("select count(*) from privacy.requests where purged_at is null") == 0
    certificates = [json.loads(path.read_text()) for path in (company.base / "certificates").glob("*.json")]
    whole = json.loads(next((forgotten.base / "certificates").glob("*.json")).read_text())
    same = ("tables", "identifiers", "landing_files", "files_rewritten")
    assert [{key: told[key] for key in same} for told in certificates] == [{key: whole[key] for key in same}]
    assert not list((company.base / ".relance" / "privacy" / "pending").iterdir())


def test_a_full_disk_leaves_the_old_warehouse(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for a second file: the old one stays, whole, and the next call goes on."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(purge, "fsync_file", full)
        with pytest.raises(RelanceError, match="No space left on device"):
            company.forget()
    assert company.rows("select 1 from raw_generic.contacts where contact_id = 'c-ann'") == []
    company.forget()
    assert company.traces() == []


def test_a_lost_salt_is_told(company: Company) -> None:
    """With a new salt, no tombstone would ever match again, and nobody would notice."""
    company.forget()
    salt_file(company.settings).unlink()
    company.write("generic/contacts/b.csv", CONTACTS)
    with pytest.raises(RelanceError, match="salt of earlier erasures is missing"):
        company.load()


def test_refused_rows_that_are_mended_are_stopped_too(company: Company, tmp_path: Path) -> None:
    """A row in quarantine, written out to be mended before the erasure and loaded after it, is the person's like any other."""
    company.write("generic/orders/bad.csv", "order_id,customer_id,email,ordered_at,total\no-77,k-ann,,,12\no-78,k-bob,,,13\n")
    company.load()
    mended = tmp_path / "mended"
    replay_project(company.settings, None, None, mended, None)
    (path,) = (mended / "generic" / "orders").iterdir()
    kept = path.read_text()
    company.known()
    company.forget()
    assert "o-77" not in path.read_text() and "o-78" in path.read_text()
    path.write_text(kept.replace("k-ann,,,", "k-ann,,2026-02-02,").replace("k-bob,,,", "k-bob,,2026-02-02,"))
    replay_project(company.settings, None, None, None, mended)
    assert company.rows("select order_id, customer_id from raw_generic.orders where order_id in ('o-77', 'o-78')") == [
        ("o-78", "k-bob")
    ]


def test_pulled_files_are_relances_own(company: Company) -> None:
    """What Relance fetched itself is no file of the company's: it is written again, and not loaded once more."""
    rows = [
        {"contact_id": "c-ann", "email": EMAIL, "created_at": "2026-01-01"},
        {"contact_id": "c-zoe", "email": "zoe@example.com"},
    ]
    pulled = company.write("generic/contacts/pull/20260101T000000000000Z.ndjson", ndjson(rows))
    company.load()
    company.known()
    company.forget()
    assert EMAIL not in pulled.read_text() and "zoe@example.com" in pulled.read_text()
    assert company.load().files == 0
    land(company, "-again")
    assert company.load().total("read") > 0
