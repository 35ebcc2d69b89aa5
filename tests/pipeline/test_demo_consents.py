"""What the demo shop's people allowed, from their words to scores, audiences and files."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import duckdb
import pytest

from dagster_project.settings import Settings


@pytest.fixture
def con(demo: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(f"attach '{demo.warehouse_path}' as shop (read_only); use shop")
        yield con


def test_whoever_objects_to_profiling_has_no_score(con: duckdb.DuckDBPyConnection) -> None:
    """An objection that leaves the segment, or the mailing made from it, is none; and nobody could see why someone is missing."""
    con.execute(
        """create temp view objectors as select distinct identifiers.profile_id from unified.consents as said
        join identity.identifiers using (identifier_type, identifier)
        join profiles.consents as now on now.profile_id = identifiers.profile_id and now.purpose = 'profiling'
        where said.purpose = 'profiling' and said.status <> 'granted' and now.status in ('denied', 'withdrawn')"""
    )
    assert con.execute("select count(*) from objectors").fetchone()[0] > 10  # type: ignore[index]
    assert con.execute("select count(*) from scores.rfm semi join objectors using (profile_id)").fetchone() == (0,)
    assert con.execute("select count(*) from scores.rfm").fetchone()[0] > 100  # type: ignore[index]
    decided = """select blocked_by, count(distinct profile_id) = (select count(*) from objectors)
        from audiences.decisions semi join objectors using (profile_id) where audience = 'win_back' group by 1"""
    assert con.execute(decided).fetchall() == [("profiling", True)]
    others = "select count(*) from audiences.decisions where audience = 'recent_buyers' and blocked_by = 'profiling'"
    assert con.execute(others).fetchone() == (0,)


def test_every_mailed_address_is_one_that_may_be_mailed(demo: Settings, con: duckdb.DuckDBPyConnection) -> None:
    """Between the table of consents and the file lies a choice among a person's addresses."""
    granted = "select identifier from profiles.identifier_consents where purpose = 'email' and status = 'granted'"
    allowed = {address for (address,) in con.execute(granted).fetchall()}
    mailed = set()
    for path in (demo.exports_path / "brevo").rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            mailed |= {row["EMAIL"] for row in csv.DictReader(file, delimiter=";")}
    assert mailed and mailed <= allowed


def test_profiles_tell_what_survived(con: duckdb.DuckDBPyConnection) -> None:
    """The profile and the table that says where its values came from must be one story."""
    told = con.execute(
        """select count(*) from (
            unpivot (select profile_id, email, phone, first_name, city, company, person_kind from profiles.profiles)
            on columns(* exclude profile_id) into name field value value
        ) as profile full join (
            from profiles.profile_fields where field in ('email', 'phone', 'first_name', 'city', 'company', 'person_kind')
        ) as fields using (profile_id, field)
        where profile.value is distinct from fields.value"""
    ).fetchone()
    assert told == (0,)
    tellers = con.execute("select distinct teller from profiles.profile_fields").fetchall()
    assert {"contacts", "leads", "orders", "site"} <= {teller for (teller,) in tellers}
