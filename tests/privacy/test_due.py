"""Whom a run erases by itself, and what the command asks first."""

from __future__ import annotations

from datetime import datetime

import pytest
from click.testing import CliRunner, Result

from dagster_project.cli import main
from dagster_project.privacy.due import found_since, landed_wishes, time_is_over
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
    """Only those whose day has come are erased, and only where the company chose `purge`."""
    with open_warehouse(company.settings) as con:
        con.execute(
            """create schema if not exists privacy; create table privacy.retention_due as
            select * from (values ('p-ann', timestamp '2026-05-01', 'purge'), ('p-bob', timestamp '2026-09-01', 'purge'),
                ('p-tim', timestamp '2026-05-01', 'repermission')) as t (profile_id, due_at, action)"""
        )
        (wish,) = time_is_over(con, datetime(2026, 6, 1))
    assert wish.kind == "retention" and len(wish.asked) == 1 and wish.asked[0] in {("email", EMAIL), ("anonymous_id", "d-own")}


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
    ],
)
def test_identifiers_that_are_none(company: Company, text: str, told: str) -> None:
    """A slip must end in a message, not in an erasure of somebody else."""
    result = relance(company, text, "--yes")
    assert result.exit_code == 2 and told in result.output and "Traceback" not in result.output
