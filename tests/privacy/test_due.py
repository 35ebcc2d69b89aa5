"""Whom a run erases by itself, and what the command asks first."""

from __future__ import annotations

import hashlib
from datetime import datetime

import dagster as dg
import pytest
from click.testing import CliRunner, Result

from dagster_project.assets import privacy
from dagster_project.assets.common import RunInHand, Silence
from dagster_project.cli import main
from dagster_project.dbt_workspace import Workspace
from dagster_project.privacy.due import announce, found_since, landed_wishes, time_is_over
from dagster_project.privacy.erase import erase
from dagster_project.privacy.typed import Typed
from dagster_project.warehouse import open_warehouse

from .conftest import EMAIL, PHONE, Company


def relance(company: Company, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["erase", "--config", str(company.base), *arguments])


def test_landed_requests(company: Company) -> None:
    """Requests come in any spelling, twice, and wrongly: each person once, up to the last request, and the rest is told."""
    company.write(
        "generic/erasures/e.csv",
        "identifier_type,identifier,requested_at\nEmail,Annabella.QUIST@example.com,2026-05-01\n"
        "email,annabella.quist@example.com,2026-05-03\nphone,06 12 34 56 78,2026-05-02\nemail,nobody,2026-05-02\n",
    )
    company.load()
    with open_warehouse(company.settings) as con:
        wishes, unreadable = landed_wishes(con, company.settings)
    assert unreadable == 1
    assert {wish.asked[0] for wish in wishes} == {("email", EMAIL), ("phone", PHONE)}
    company.forget(max(wish.requested_at for wish in wishes))
    assert company.rows("select identifier from raw_generic.erasures") == [("nobody",)], "what was carried out is gone"
    assert company.traces() == []


def test_more_of_somebody_comes_to_light(company: Company) -> None:
    """A returning customer logs in with an account whose years before the request nobody had linked: they were hers too."""
    company.write("generic/orders/old.csv", "order_id,customer_id,ordered_at,total\no-50,k-old,2026-01-05,5\n")
    company.load()
    company.forget()
    new = [("email", EMAIL, "2026-07-01"), ("customer_id", "k-old", "2026-01-05")]
    with open_warehouse(company.settings) as con:
        assert found_since(con, company.settings) == []
        for kind, value, seen in new:
            con.execute("insert into identity.identifiers values (?, ?, 'p-back', ?)", [kind, value, seen])
        (wish,) = found_since(con, company.settings)
    assert wish.asked == (("email", EMAIL),) and wish.requested_at == datetime(2026, 6, 1)
    company.forget(wish.requested_at)
    assert company.rows("select customer_id, total::integer from raw_generic.orders where order_id = 'o-50'") == [(None, 5)]
    company.write(
        "generic/order_lines/late.csv", "order_id,line_id,product_id,quantity,unit_price,customer_id\no-50,1,x,1,5,k-old\n"
    )
    company.load()
    assert company.rows("select customer_id from raw_generic.order_lines where order_id = 'o-50'") == [(None,)]
    with open_warehouse(company.settings) as con:
        assert found_since(con, company.settings) == [], "it ends"


def test_whose_time_is_over(company: Company) -> None:
    """Nobody is erased who was not announced for as long as the company said, whatever their date and however often tables are
    rebuilt; who does something meanwhile is announced anew.
    """
    first, later = datetime(2026, 6, 1), datetime(2026, 7, 1)
    with open_warehouse(company.settings) as con:

        def list_due(*people: str) -> None:
            told = ", ".join(f"('{profile}', timestamp '2026-05-01', '{action}')" for profile, action in map(str.split, people))
            con.execute("create schema if not exists privacy")
            rows = f"select * from (values {told}) as t (profile_id, due_at, action)"
            con.execute(f"create or replace table privacy.retention_due as {rows}")

        con.execute("insert into identity.identifiers values ('order_id', 'a-1', 'p-ann', null)")
        con.execute("create table identity.aliases as select 'p-tom' as alias, 'p-tim' as profile_id")
        list_due("p-ann purge", "p-tom purge", "p-bob repermission")
        announce(con, first)
        assert time_is_over(con, first, 30) == []
        list_due("p-ann purge", "p-tim purge", "p-bob purge")
        announce(con, later)
        (wish,) = time_is_over(con, later, 30)
        assert wish.kind == "retention" and wish.asked == (("anonymous_id", "d-own"), ("contact_id", "c-tim"))
        list_due("p-bob purge")
        announce(con, later)
        list_due("p-ann purge")
        announce(con, datetime(2026, 8, 1))
        assert time_is_over(con, datetime(2026, 8, 1), 30) == []


def test_runs_announce_first_and_purge_later(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Purged on the day the setting is turned on, nobody could answer; announced anew by each run, nobody would ever go."""
    company.configure("retention: {enabled: true, action: purge, announce_days: 30}\n")
    with open_warehouse(company.settings) as con:
        con.execute(
            """create schema privacy; create table privacy.retention_due as
            select 'p-ann' as profile_id, timestamp '2026-05-01' as due_at, 'purge' as action"""
        )

    def build_again(run: RunInHand, _: Workspace) -> None:
        with run.warehouse() as con:
            con.execute("delete from privacy.retention_due where profile_id not in (select profile_id from identity.identifiers)")

    monkeypatch.setattr(privacy, "build_again", build_again)
    asset = privacy.erasures(Workspace(company.base, company.base), [])
    erased = []
    for day in (datetime(2026, 6, 1), datetime(2026, 6, 20), datetime(2026, 7, 1)):
        result = dg.materialize([asset], resources={"run": RunInHand(company.settings, day, False, Silence())})
        erased += [event.metadata["erased"].value for event in result.asset_materializations_for_node("erasures")]
    assert erased == [0, 0, 1]
    assert company.traces() == [] and company.rows("select kind from privacy.requests") == [("retention",)]
    assert company.rows("select contact_id from raw_generic.contacts order by 1") == [("c-bob",), ("c-tim",)]


def test_the_command_asks_and_counts(company: Company) -> None:
    """Erased by a slip of the finger, nobody can be brought back; and no output may name whom it was about."""
    before = company.raw()
    dry = relance(company, "Annabella.Quist@example.com", "--dry-run")
    assert dry.exit_code == 0 and "generic.contacts: 1 rows of others" in dry.output, dry.output
    alone = relance(company, EMAIL)
    assert alone.exit_code == 2 and "--yes" in alone.output
    assert company.raw() == before
    done = relance(company, "06 12 34 56 78", "--yes")
    assert done.exit_code == 0 and "Certificate: " in done.output, done.output
    assert company.traces() == []
    for result in (dry, alone, done):
        assert "annabella" not in result.output.lower() and "612345678" not in result.output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nobody at all", "neither an address"),
        ("email:nobody", "This is no email"),
        ("12", "neither"),
        ("customer_id:", "stands after"),
        ("customer:CU9006", "no type is called so"),
        ("customer_id:CU9006", "Nobody is known by this customer_id"),
        ("shopify:777", "no type is called so"),
        ("profile_id:p0123456789abcdef0123", "neither"),
        ("loyalty_card:x-1", "Nobody is known by this loyalty_card"),
        ("hashed_email:abc", "This is no hashed_email"),
    ],
)
def test_identifiers_that_are_none(company: Company, text: str, told: str) -> None:
    """A slip must end in a message, not in an erasure of somebody else, nor in a certificate of nothing."""
    result = relance(company, text, "--yes")
    assert result.exit_code == 2 and told in " ".join(result.output.split()) and "Traceback" not in result.output
    assert not (company.base / "certificates").exists()
    assert not has_table_of_stones(company)


def has_table_of_stones(company: Company) -> bool:
    return bool(company.rows("select 1 from duckdb_tables() where schema_name = 'privacy' and table_name = 'tombstones'"))


def test_identifiers_in_other_spellings_are_understood(company: Company) -> None:
    """A hash, a card and a type's plain other name each mean a person: asked for by them, the person goes."""
    digest = hashlib.sha256(EMAIL.encode()).hexdigest()
    with open_warehouse(company.settings) as con:
        con.execute("insert into identity.identifiers values ('loyalty_card', 'LC01900', 'p-ann', null)")
        asked = [f"hashed_email:{digest.upper()}", "loyalty_card:lc01-900", f"E-Mail: {EMAIL.upper()}", "tel:0612345678", "c-ann"]
        assert {profile for text in asked for _, profile in Typed(con, text, "FR").known} == {"p-ann"}
        assert [len(Typed(con, text, "FR").known) for text in asked] == [1] * len(asked)


def test_landed_requests_in_other_words(company: Company) -> None:
    """A request under a plain other name of its type is carried out once, one that names no type stays open and is told."""
    header = "identifier_type,identifier,requested_at\n"
    rows = f"e-mail,{EMAIL.upper()},2026-05-01\ncustomer,k-bob,2026-05-01\ncustomer_id, k-none ,2026-05-01\n"
    company.write("generic/erasures/e.csv", header + rows)
    company.load()
    with open_warehouse(company.settings) as con:
        wishes, unreadable = landed_wishes(con, company.settings)
    assert unreadable == 1 and {wish.asked for wish in wishes} == {(("email", EMAIL),), (("customer_id", "k-none"),)}
    erase(company.settings, wishes)
    assert company.rows("select identifier_type, identifier from raw_generic.erasures") == [("customer", "k-bob")]
    assert company.traces() == []
    company.write("generic/erasures/again.csv", header + rows + "email,new@example.com,2026-05-02\n")
    company.load()
    left = company.rows("select identifier_type from raw_generic.erasures order by 1")
    assert left == [("customer",), ("email",)], "what was carried out does not come back"
